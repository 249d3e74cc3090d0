"""`Rescaling`: multiplies by a factor and adds an offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.types import Array, Shape
from minidl.layers.argument_checks import check_one_array
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class Rescaling(SameShape):
    """Rescales values: `y = x * scale + offset`.

    Args:
        scale: the factor: one number, or an array that broadcasts over the last axes, such as one value per channel.
        offset: the offset, in the same forms.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `scale` or `offset` are not numbers, or do not fit x's last axes.
    Example:
        >>> Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], "uint8"))
        array([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self, scale: float | Sequence[float], offset: float | Sequence[float] = 0.0, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        for argument, value in (("scale", scale), ("offset", offset)):
            if np.asarray(value).dtype.kind not in "iuf":
                raise ValueError(f"Rescaling expects {argument} to be a number or an array of numbers, got {value!r}")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = x * scale + offset`."""
        return x * np.asarray(self.scale, x.dtype) + np.asarray(self.offset, x.dtype), None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx = dy * scale`."""
        dx: Array = dy * np.asarray(self.scale, dy.dtype)
        return dx

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)
        for argument, value in (("scale", self.scale), ("offset", self.offset)):
            sizes = np.shape(value)
            last = shape[len(shape) - len(sizes) :]
            if len(sizes) > len(shape) or any(size not in (1, None, own) for size, own in zip(sizes, last, strict=True)):
                raise ValueError(
                    f"{self.title} has a {argument} of shape {sizes}, which does not fit the last axes of its input of shape "
                    f"{shape}; give one number, or one for each size there"
                )
