"""`UnitNormalization`: every row gets length 1."""

from __future__ import annotations

from typing import Unpack

from minidl.config.types import Array, Axis
from minidl.kernels.l2_normalize import l2_normalize, l2_normalize_backward
from minidl.layers.normalization.axes import check_axes, check_axis, positive_axes
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape

_SMALLEST = 1e-12  # as in Keras: shorter rows are divided by this


class UnitNormalization(SameShape):
    """Divides each row, or each step of it, by its length: `y = x / sqrt(sum(x ** 2))`.

    A row of zeros stays zero, and gets a gradient of zero, as it has no direction (Keras gives NaN).

    Args:
        axis: the axis or axes over which the squares are summed; not the batch's.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `axis` is not an integer or a list of them, or x lacks an axis.
    Example:
        >>> UnitNormalization()([[3.0, 4.0]])
        array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, axis: Axis = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = check_axis("UnitNormalization", axis)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = x / length`."""
        y, factor = l2_normalize(x, positive_axes(self.axis, x.ndim), _SMALLEST)
        return y, (y, factor)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = (dy - y * sum(dy * y)) / length`: the part of dy orthogonal to y."""
        y, factor = cache
        return l2_normalize_backward(dy, y, factor, positive_axes(self.axis, dy.ndim))

    def check_input(self, shape: tuple[int, ...]) -> None:
        check_axes(self.title, self.axis, shape)
