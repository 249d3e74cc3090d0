"""`Size`: an unknown size of a symbolic tensor, and what is computed from sizes while a graph is built."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import ClassVar, NoReturn

import numpy as np

from minidl.autodiff import Operation
from minidl.autodiff.tensor import OperationHandler, TensorLike
from minidl.config.types import Options, Tensors
from minidl.graph.symbolic import SymbolicTensor

FUNCTIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod}


Operator = Callable[["Size", object], "Size"]


def _operators(function: str) -> tuple[Operator, Operator]:
    """The methods of a size on the left and on the right of an operator, such as `__add__` and `__radd__`."""
    return (lambda size, other: _computed(function, size, other)), (lambda size, other: _computed(function, other, size))


class Size(OperationHandler):
    """An unknown size of a symbolic tensor, returned by `minidl.ops.shape`; shapes passed to operations may contain it.

    Sums, differences, products, integer quotients and remainders of sizes and integers are sizes too.
    """

    is_symbolic: ClassVar[bool] = True

    def __init__(self, tensor: SymbolicTensor, axis: int) -> None:
        self.tensor, self.axis = tensor, axis

    def apply(self, operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Add the operation to the graph of its tensor."""
        return self.tensor.apply(operation, tensors, options)

    __add__, __radd__ = _operators("+")
    __sub__, __rsub__ = _operators("-")
    __mul__, __rmul__ = _operators("*")
    __floordiv__, __rfloordiv__ = _operators("//")
    __mod__, __rmod__ = _operators("%")

    def __neg__(self) -> Size:
        return _computed("-", 0, self)

    def __index__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} is not known before the model runs, so it is not a Python number; use minidl.ops, or write a layer with "
            f"call, where sizes are numbers"
        )

    __int__ = __float__ = __bool__ = __index__

    def __repr__(self) -> str:
        return f'<size of axis {self.axis} of "{self.tensor.name}">'


class ComputedSize(Size):
    """A size computed from others."""

    def __init__(self, function: str, left: Size | int, right: Size | int) -> None:
        known = next(one for one in (left, right) if isinstance(one, Size))
        super().__init__(known.tensor, known.axis)
        self.function, self.left, self.right = function, left, right

    def __repr__(self) -> str:
        return f"({self.left!r} {self.function} {self.right!r})"


def _computed(function: str, left: object, right: object) -> Size:
    """The result as a size; other operands than integers and sizes decide themselves."""
    if not isinstance(left, (Size, int, np.integer)) or not isinstance(right, (Size, int, np.integer)):
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
    return ComputedSize(function, *(int(one) if isinstance(one, np.integer) else one for one in (left, right)))
