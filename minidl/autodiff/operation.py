"""`Operation`: a function of tensors and its gradient, an entry of the table of operations."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, SupportsIndex

import numpy as np

from minidl.autodiff.table import NUMPY, TABLE
from minidl.autodiff.tensor import OperationHandler, TensorLike
from minidl.config.settings import floatx
from minidl.config.types import AnyShapes, Array, DType, Options, Tensors

Gradient = Callable[..., Any]


class Operation:
    """A function of tensors with its gradient.

    On arrays it computes the value. For tracked or symbolic tensors and variables, see `Tensor.apply`.

    Args:
        function: `function(*tensors, **options)`, on arrays.
        tensors: number of leading arguments that are tensors; the others are options.
        several: whether its first argument is a list of any number of tensors.
        differentiable: whether it has a gradient; comparisons and indices do not.
        name: its key in the table; by default the function's name without a trailing underscore.
    Attributes:
        gradients: one function `(dy, y, *tensors, **options) -> dx` for each tensor, or `None` without a gradient; a single
            one that returns a list if the number of tensors is variable.
        shape_rule: `(*shapes, **options) -> shape` for tensors with unknown sizes, or `None` if examples show the shape.
    Example:
        >>> double = Operation(lambda x: 2 * x, name="double")
        >>> double.register_backward(lambda dy, y, x: 2 * dy)
        >>> double(np.array([1.0, 3.0]))
        array([2., 6.])
    """

    def __init__(
        self,
        function: Callable[..., Tensors],
        tensors: int = 1,
        several: bool = False,
        differentiable: bool = True,
        name: str | None = None,
    ) -> None:
        self.function, self.tensors, self.several, self.differentiable = function, tensors, several, differentiable
        self.gradients: tuple[Gradient | None, ...] = ()
        self.shape_rule: Callable[..., AnyShapes] | None = None
        self.__name__ = name or function.__name__.rstrip("_")
        self.__qualname__, self.__module__, self.__doc__ = self.__name__, function.__module__, function.__doc__
        self.__wrapped__ = function  # help() and inspect.signature() show its arguments

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The function's arguments."""
        return inspect.signature(self.function)

    def register_backward(self, *gradients: Gradient | None) -> None:
        """Set the gradients, one for each tensor."""
        self.gradients = gradients

    def register_shape(self, rule: Callable[..., AnyShapes]) -> Callable[..., AnyShapes]:
        """Decorator that sets the shape rule."""
        self.shape_rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Array:
        tensors, options = self.bind(args, kwargs)
        handlers = handlers_in([*tensors, *options.values()])
        if not handlers:
            y: Array = self.compute(tensors, options)
        else:
            y = handlers[0].apply(self, [stacked(tensor) for tensor in tensors], options)
        return y

    def bind(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[list[Tensors], Options]:
        """The tensors among the arguments of a call, and its options with their defaults."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        names, given = list(bound.arguments), list(bound.arguments.values())
        first = 1 if self.several else self.tensors
        tensors = list(given[0]) if self.several else given[:first]
        return tensors, dict(zip(names[first:], given[first:], strict=True))

    def compute(self, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Apply the function to arrays, lists and numbers.

        A float result has the widest float type of the arrays, `floatx()` if none is a float, as in Keras: numbers adopt the
        type of the arrays, and integers become floats of the default type, which is not NumPy's.
        """
        operands = as_operands(tensors)
        small = any(map(_is_small_integer, operands))  # NumPy's functions of them give float16
        with np.errstate(all="ignore") if small else nullcontext():
            y = self.forward(operands, options)
        if options.get("dtype") is not None:
            return y
        wide = _widest_float(operands)
        several = isinstance(y, (tuple, list))
        if small and any(getattr(one, "dtype", wide) == np.float16 != wide for one in (y if several else [y])):
            y = self.forward([x.astype(wide) if _is_small_integer(x) else x for x in operands], options)
        return tuple(_narrowed(one, wide) for one in y) if several else _narrowed(y, wide)

    def forward(self, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Apply the function to these arrays."""
        return self.function(tensors, **options) if self.several else self.function(*tensors, **options)

    def backward(
        self, dy: Tensors, y: Tensors, tensors: list[Tensors], options: Options, wanted: Iterable[bool]
    ) -> list[Array | None]:
        """The gradients of the requested tensors, each with its tensor's shape."""
        if not self.differentiable:
            return [None] * len(tensors)
        if self.several and self.gradients[0] is not None:
            return list(self.gradients[0](dy, y, *tensors, **options))
        return [
            _unbroadcast(np.shape(tensor), gradient(dy, y, *tensors, **options)) if wants and gradient is not None else None
            for tensor, gradient, wants in zip(tensors, self.gradients, wanted, strict=True)
        ]

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        """A copy of an operation of the table is the operation itself, found by its name, as for functions."""
        registered = TABLE.get(self.__name__) is self
        return (find_operation, (self.__name__,)) if registered else super().__reduce_ex__(protocol)

    def __repr__(self) -> str:
        return f"<operation {self.__name__}>"


def find_operation(name: str) -> Operation:
    """The operation of this name in the table."""
    return TABLE[name]


def operation(
    *gradients: Gradient | None,
    tensors: int | None = None,
    several: bool = False,
    numpy: Callable[..., object] | str | Iterable[Callable[..., object]] = (),
    name: str | None = None,
) -> Callable[[Callable[..., object]], Operation]:
    """Decorator that registers a function of arrays as an operation.

    Args:
        *gradients: as `Operation.gradients`, one for each tensor; none for an operation that is not differentiable.
        tensors: number of tensors among the arguments; by default that of the gradients, or one.
        several, name: as for `Operation`.
        numpy: the NumPy functions that are recorded as this operation, with the same order of arguments; SciPy functions by
            name.
    """

    def make(function: Callable[..., object]) -> Operation:
        made = Operation(function, (len(gradients) or 1) if tensors is None else tensors, several, bool(gradients), name)
        made.register_backward(*gradients)
        TABLE[made.__name__] = made
        NUMPY.update(dict.fromkeys([numpy] if callable(numpy) or isinstance(numpy, str) else numpy, made))
        return made

    return make


def as_operand(value: object) -> Tensors:
    """An array, or a Python number, which gets the dtype of the other operand."""
    if value is None or isinstance(value, (np.ndarray, bool, int, float)) or np.isscalar(value):
        return value
    return _in_float_type(np.asarray(value))


def _in_float_type(array: Array) -> Array:
    return array.astype(floatx()) if array.dtype.kind == "f" else array


def as_operands(tensors: Sequence[TensorLike]) -> list[Tensors]:
    """Arrays, and Python numbers if at least one is an array."""
    operands = [as_operand(tensor) for tensor in tensors]
    if any(isinstance(operand, np.ndarray) for operand in operands):
        return operands
    return [x if x is None else np.asarray(x) if isinstance(x, np.generic) else _in_float_type(np.asarray(x)) for x in operands]


def stacked(value: object) -> Tensors:
    """One tensor; a list with tensors or variables in it is stacked."""
    if isinstance(value, (list, tuple)) and handlers_in(value):
        return TABLE["stack"]([stacked(item) for item in value])
    return value


def _widest_float(operands: list[float | Array]) -> DType:
    """The widest float type of the arrays, of NumPy's numbers if there are no arrays, or `floatx()`."""
    floats = [x for x in operands if isinstance(x, (np.ndarray, np.floating)) and x.dtype.kind == "f"]
    chosen = [x.dtype for x in floats if x.ndim] or [x.dtype for x in floats]
    return max(chosen, key=lambda dtype: dtype.itemsize, default=np.dtype(floatx()))


def _narrowed(y: Array, wide: DType) -> Array:
    """A float64 result in the type of the arrays, which a Python or NumPy number or an integer has widened."""
    return y.astype(wide) if getattr(y, "dtype", None) == np.float64 and wide != np.float64 else y


def _is_small_integer(x: object) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.itemsize == 1 and x.dtype.kind in "biu"


def handlers_in(values: Iterable[object]) -> list[OperationHandler]:
    """The tensors and variables among the values, also in lists and tuples; variables come last."""
    found: list[OperationHandler] = []
    _collect(values, found)
    return sorted(found, key=lambda handler: handler.is_variable) if len(found) > 1 else found


def _collect(values: Iterable[object], found: list[OperationHandler]) -> None:
    for value in values:
        if isinstance(value, OperationHandler):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            _collect(value, found)


def _unbroadcast(shape: tuple[int, ...], gradient: Array) -> Array:
    """The gradient of a tensor of that shape: summed over the axes along which the tensor was broadcast."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
