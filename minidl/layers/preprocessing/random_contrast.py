"""`RandomContrast`: changes the contrast of images randomly in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Tensors
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import drawn, each, factor_range, over_pixels
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class RandomContrast(ImageLayer):
    """In training, `y = (x - mean) * contrast + mean`, clipped to `value_range`; in inference `y = x`.

    The mean is that of each channel of each image; the contrast of each image is uniform between `1 - lower` and `1 + upper`.

    Args:
        factor: `lower` and `upper`, one number in [0, 1] for both, or a pair; a negative lower one excludes weak contrasts.
            (Keras uses 0 for `lower` if one number is given.)
        value_range: the smallest and the largest value of a pixel, for clipping.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid factor or range, or x has another rank.
    Example:
        >>> RandomContrast((-0.5, 0.5))([[[100.0], [110.0]]], training=True)[0, :, 0]
        array([ 97.5, 112.5], dtype=float32)
    """

    @inherit_arguments(ImageLayer)
    def __init__(
        self, factor: float | Sequence[float], value_range: Sequence[float] = (0, 255), **kwargs: Unpack[ImageOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.factor, self.value_range = factor, value_range
        self._contrasts()
        self._value_range()

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {"contrast_factor": each(drawn(generator, self._contrasts(), shape[0]))}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        contrast = each(transformation["contrast_factor"]).astype(self.dtype)
        mean = over_pixels(np.mean, images)
        return np.clip((images - mean) * contrast + mean, *self._value_range())

    def _contrasts(self) -> tuple[float, float]:
        is_pair = isinstance(self.factor, (tuple, list))
        lower, upper = factor_range("RandomContrast", "factor", self.factor, -1.0 if is_pair else 0.0)
        if upper < 0 or (is_pair and upper < -lower):
            raise ValueError(
                f"RandomContrast draws from 1 - lower to 1 + upper, and factor={self.factor!r} leaves nothing in between"
            )
        return (1.0 - lower, 1.0 + upper) if is_pair else (1.0 - upper, 1.0 + upper)

    def _value_range(self) -> tuple[float, float]:
        if not isinstance(self.value_range, (tuple, list)) or len(self.value_range) != 2:
            raise ValueError(f"RandomContrast expects value_range to be a pair (low, high), got {self.value_range!r}")
        low, high = (check_real("RandomContrast", "value_range", value) for value in self.value_range)
        if not low < high:
            raise ValueError(f"RandomContrast expects value_range to be increasing, got {self.value_range!r}")
        return low, high
