"""`ReLU`: the rectified linear unit as a layer, with optional slope, threshold and maximum."""

from __future__ import annotations

from typing import Unpack

from minidl import activations
from minidl.config.checks import check_real
from minidl.config.types import Array, Options, Shape
from minidl.layers.argument_checks import check_one_array
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class ReLU(SameShape):
    """Rectified linear unit: `y = max(x, 0)`.

    In full: `max_value` where `x >= max_value`, `x` where `threshold <= x < max_value`, and
    `negative_slope * (x - threshold)` below the threshold.

    Args:
        max_value: the largest output, at least 0, or `None` for no maximum.
        negative_slope: slope below the threshold, at least 0.
        threshold: values of x from here on are unchanged; at least 0.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: an argument is negative.
    Source: Nair & Hinton 2010.
    Example:
        >>> ReLU(max_value=10, negative_slope=0.5)([[-10.0, 0.0, 5.0, 20.0]])
        array([[-5.,  0.,  5., 10.]], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else check_real("ReLU", "max_value", max_value, 0.0)
        self.negative_slope = check_real("ReLU", "negative_slope", negative_slope, 0.0)
        self.threshold = check_real("ReLU", "threshold", threshold, 0.0)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = max(x, 0)`, modified by the layer's arguments."""
        y = activations.relu.forward(x, **self._options())
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = dy` between threshold and maximum, `negative_slope * dy` below, 0 above."""
        x, y = cache
        return activations.relu.backward(dy, x, y, **self._options())

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)

    def _options(self) -> Options:
        return {"negative_slope": self.negative_slope, "max_value": self.max_value, "threshold": self.threshold}
