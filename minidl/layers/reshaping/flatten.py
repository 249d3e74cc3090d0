"""`Flatten`: flattens each row to one axis."""

from __future__ import annotations

import math
from typing import Unpack

from minidl.config.types import Array, Shape
from minidl.layers.channels import data_format_of
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class Flatten(Layer):
    """Flattens each row; the batch axis is kept.

    Args:
        data_format: "channels_last" (the default) or "channels_first"; with the latter the channels, axis 1, become the last
            axis first, so that both formats give the same order.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, a, b, ...) -> y (batch, a * b * ...); x (batch,) -> y (batch, 1).
    Raises:
        ValueError: another `data_format`.
    Example:
        >>> Flatten()(np.ones((4, 28, 28))).shape
        (4, 784)
    """

    input_dtype = "any"

    def __init__(self, data_format: str | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of("Flatten", data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[tuple[int, ...], str]]:
        """`y`: x with each row flattened."""
        if self._moves_channels(x.ndim):
            x = x.transpose(0, *range(2, x.ndim), 1)
        return x.reshape(x.shape[0], math.prod(x.shape[1:])), (x.shape, x.dtype.kind)

    def backward(self, dy: Array, cache: tuple[tuple[int, ...], str]) -> Array | None:
        """`dx`: dy in x's shape."""
        shape, kind = cache
        if kind != "f":
            return None
        dx = dy.reshape(shape)
        return dx.transpose(0, -1, *range(1, dx.ndim - 1)) if self._moves_channels(dx.ndim) else dx

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = [size for size in input_shape[1:] if size is not None]
        return (input_shape[0], math.prod(sizes) if len(sizes) == len(input_shape) - 1 else None)

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) < 1:
            raise ValueError(f"{self.title} expects one array of shape (batch, ...), got shape {shape}")

    def _moves_channels(self, rank: int) -> bool:
        return self.data_format == "channels_first" and rank > 2
