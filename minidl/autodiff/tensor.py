"""`Tensor`: base class of tracked and symbolic tensors and variables, with operators and NumPy functions."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

import numpy as np

from minidl.autodiff.table import TABLE, find
from minidl.config.types import Array, Options, Tensors

if TYPE_CHECKING:
    from minidl.autodiff.operation import Operation


class OperationHandler:
    """An argument of an operation that decides how the operation is applied."""

    __slots__ = ()
    is_variable: ClassVar[bool] = False
    is_symbolic: ClassVar[bool] = False

    def apply(self, operation: "Operation", tensors: "Sequence[TensorLike]", options: Options) -> Tensors:
        """Apply an operation to tensors, one of which is this object, and options."""
        raise TypeError(f"{type(self).__name__} defines no apply(operation, tensors, options)")


class Tensor(OperationHandler, np.lib.mixins.NDArrayOperatorsMixin):
    """Operators, indexing and NumPy functions, all of which are converted to operations.

    `x + y` calls `numpy.add`, which NumPy dispatches to its arguments by its protocols. Subclasses define `apply`: a tracked
    tensor records the operation, a symbolic tensor adds it to a graph, a variable computes. `x += y` is `x = x + y`.
    """

    __slots__ = ()

    def apply_unknown(self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Options) -> object:
        """Handle a NumPy function that has no operation."""
        raise TypeError(f"{name} is not an operation of minidl.ops")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> object:
        in_place = out is not None and len(out) == 1 and isinstance(out[0], Tensor)
        if in_place and out[0].is_variable:
            raise TypeError(f"{out[0]!r} is a variable: change it with assign, assign_add or assign_sub")
        found = find(ufunc) if method == "__call__" and not kwargs and (out is None or in_place) else None
        if found is None:
            name = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
            return self.apply_unknown(name, getattr(ufunc, method), inputs, kwargs if out is None else kwargs | {"out": out})
        return found(*inputs)

    def __array_function__(
        self, func: Callable[..., object], types: Iterable[type], args: Sequence[object], kwargs: Options
    ) -> object:
        found = find(func)
        if found is None:
            return self.apply_unknown(f"{func.__module__}.{func.__name__}", func, args, kwargs)
        return found(*args, **kwargs)

    def __getitem__(self, key: object) -> Array:
        return TABLE["get_item"](self, key if isinstance(key, tuple) else (key,))

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise TypeError(f"{self!r} cannot be changed in place: compute a new one, for example with where(mask, x, y)")


# What operations take: arrays, numbers, lists of them, tracked and symbolic tensors, and variables.
TensorLike: TypeAlias = Array | OperationHandler | float | Sequence[Any]
