"""`LeakyReLU` and `ELU`: rectifiers with nonzero output for negative inputs."""

from __future__ import annotations

from typing import Unpack

from minidl import activations
from minidl.config.checks import check_real
from minidl.config.types import Array, Options, Shape
from minidl.layers.argument_checks import check_one_array
from minidl.layers.layer_config import replace_arguments
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class LeakyReLU(SameShape):
    """`y = x` where x is positive, `negative_slope * x` elsewhere.

    Args:
        negative_slope: slope below 0, at least 0.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `negative_slope` is negative.
    Source: Maas, Hannun & Ng 2013.
    Example:
        >>> LeakyReLU(0.5)([[-2.0, 3.0]])
        array([[-1.,  3.]], dtype=float32)
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.negative_slope = check_real("LeakyReLU", "negative_slope", negative_slope, 0.0)

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """`alpha` is `negative_slope`."""
        return super().accept_older_arguments(
            replace_arguments(cls.__name__, arguments, {"alpha": ("negative_slope", "write negative_slope")})
        )

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = max(x, negative_slope * x)`, for slopes below 1."""
        y = activations.leaky_relu.forward(x, negative_slope=self.negative_slope)
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = dy` where x is positive, `negative_slope * dy` elsewhere."""
        x, y = cache
        return activations.leaky_relu.backward(dy, x, y, negative_slope=self.negative_slope)

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)


class ELU(SameShape):
    """`y = x` where x is positive, `alpha * (exp(x) - 1)` elsewhere.

    Args:
        alpha: y approaches `-alpha` for large negative x.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `alpha` is not a number.
    Source: Clevert, Unterthiner & Hochreiter 2016.
    Example:
        >>> ELU()([[-1.0, 3.0]]).round(2)
        array([[-0.63,  3.  ]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.alpha = check_real("ELU", "alpha", alpha)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = x` above 0, `alpha * (exp(x) - 1)` below."""
        y = activations.elu.forward(x, alpha=self.alpha)
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = dy` above 0, `dy * alpha * exp(x)` below."""
        x, y = cache
        return activations.elu.backward(dy, x, y, alpha=self.alpha)

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)
