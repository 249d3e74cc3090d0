"""`RandomBrightness`: adds a random number to all pixels of an image in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Tensors
from minidl.layers.options import ValueOptions
from minidl.layers.preprocessing.augmentation import Augmentation, drawn
from minidl.layers.preprocessing.base_image import Transformation


class RandomBrightness(Augmentation):
    """In training, `y = x + shift`, clipped to `value_range`; in inference `y = x`.

    Args:
        factor: the shifts as parts of the value range, in [-1, 1]: a pair (min, max), or one number f for (-f, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomBrightness((0.2, 0.2), value_range=(0, 10))([[[1.0], [9.0]]], training=True)[0, :, 0]
        array([ 3., 10.], dtype=float32)
    """

    @inherit_arguments(Augmentation, last=("data_format",))
    def __init__(self, factor: float | Sequence[float], **kwargs: Unpack[ValueOptions]) -> None:
        super().__init__(factor, **kwargs)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        low, high = self.value_range
        shift = drawn(generator, self.factor, (shape[0], 1, 1, 1)) * (high - low)
        return {"rgb_delta": shift.astype(self.dtype)}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        return np.clip(images + np.asarray(transformation["rgb_delta"], self.dtype), *self.value_range)
