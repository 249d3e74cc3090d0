"""`Masking`: masks time steps whose features all equal one value."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, Shape
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class Masking(SameShape):
    """Masks the time steps in which every feature is `mask_value`, and sets them to 0; following layers skip masked steps.

    Args:
        mask_value: the value that marks padding.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, time, features) -> y of the same shape; its mask (batch, time).
    Raises:
        ValueError: `mask_value` is not a number, or x has fewer than two axes.
    Example:
        >>> Masking().compute_mask(np.array([[[1.0, 2.0], [0.0, 0.0]]]))
        array([[ True, False]])
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.mask_value = check_real("Masking", "mask_value", mask_value)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = x` at unmasked steps, 0 at masked ones."""
        real = self.compute_mask(x)[..., np.newaxis]
        return x * real, real

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = dy` at unmasked steps, 0 at masked ones."""
        return dy * cache

    def compute_mask(self, inputs: Array, mask: Array | None = None) -> Array:
        """True where any feature differs from `mask_value`."""
        unmasked: Array = np.any(inputs != self.mask_value, axis=-1)
        return unmasked

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) < 2:
            raise ValueError(f"{self.title} expects sequences, shape (batch, time, features), got shape {shape}")
