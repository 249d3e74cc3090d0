"""`Reshape`: changes the shape of each row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Unpack

from minidl.config.checks import is_integer
from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class Reshape(Layer):
    """Changes the shape of each row; the batch axis is kept.

    Args:
        target_shape: shape of one row of the output; one size may be -1, which is inferred from the input's size.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y (batch, *target_shape).
    Raises:
        ValueError: `target_shape` is not a shape, or x's rows have another number of elements.
    Example:
        >>> Reshape((-1, 2))(np.ones((4, 6))).shape
        (4, 3, 2)
    """

    input_dtype = "any"

    def __init__(self, target_shape: Sequence[int], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        sizes = tuple(target_shape) if isinstance(target_shape, (tuple, list)) else None
        if sizes is None or not all(is_integer(size, least=-1) for size in sizes):
            raise ValueError(
                f"Reshape expects target_shape to be a tuple of sizes, one of which may be -1, got {target_shape!r}"
            )
        if sizes.count(-1) > 1:
            raise ValueError(f"Reshape expects at most one -1 in target_shape, got {target_shape!r}")
        self.target_shape = tuple(int(size) for size in sizes)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[tuple[int, ...], str]]:
        """`y`: x in the target shape."""
        return x.reshape(self.compute_output_shape(x.shape)), (x.shape, x.dtype.kind)  # type: ignore[arg-type]  # all known

    def backward(self, dy: Array, cache: tuple[tuple[int, ...], str]) -> Array | None:
        """`dx`: dy in x's shape."""
        shape, kind = cache
        return dy.reshape(shape) if kind == "f" else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, *target_shape)`, with -1 replaced if the input's size is known."""
        known = [size for size in input_shape[1:] if size is not None]
        whole, given = math.prod(known), math.prod(size for size in self.target_shape if size != -1)
        rest = whole // max(given, 1) if len(known) == len(input_shape) - 1 else None
        return (input_shape[0], *(rest if size == -1 else size for size in self.target_shape))

    def check_input(self, shape: object) -> None:
        if not isinstance(shape, tuple) or len(shape) < 1:
            raise ValueError(f"{self.title} expects one array of shape (batch, ...), got shape {shape}")
        if None in shape[1:]:
            return
        target = self.compute_output_shape(shape)[1:]
        if math.prod(shape[1:]) != math.prod(size for size in target if size is not None):
            raise ValueError(
                f"{self.title} expects rows that fill the shape {self.target_shape}, got shape {shape}: "
                f"{math.prod(shape[1:])} elements per row; use one -1 in target_shape for a size that follows from the rest"
            )
