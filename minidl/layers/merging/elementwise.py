"""Layers that merge several inputs element by element: `Add`."""

from typing import Any

from minidl.config.types import Array
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.merging.merge import Merge


class Add(Merge):
    """Sum of several inputs: `y = x[0] + x[1] + ...`.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of at least two arrays (batch, ...), of one shape or broadcasting to it -> y (batch, ...).
    Raises:
        ValueError: one input alone, or inputs that do not broadcast.
    Example:
        >>> Add()([np.ones((2, 3)), np.ones((2, 3))])
        array([[2., 2., 2.],
               [2., 2., 2.]], dtype=float32)
    """

    def forward(self, x: Any, training: bool = False) -> tuple[Array, Any]:
        """`y = x[0] + x[1] + ...`."""
        first, *others = self.align(x)
        y = first
        for other in others:
            y = y + other
        return y, [one.shape for one in x]

    def backward(self, dy: Array, cache: Any) -> list[Array]:
        """Each input's gradient is dy, summed over the axes along which that input was repeated."""
        return [self.reduce_to(shape, dy) for shape in cache]


def add(inputs: list[Any], **kwargs: Any) -> Array | SymbolicTensor:
    """The sum of several arrays or symbolic tensors: `Add(**kwargs)(inputs)`.

    Example:
        >>> add([np.ones((1, 2)), np.ones((1, 2))])
        array([[2., 2.]], dtype=float32)
    """
    total: Array | SymbolicTensor = Add(**kwargs)(inputs)
    return total
