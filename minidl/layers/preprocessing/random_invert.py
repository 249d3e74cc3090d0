"""`RandomInvert` and `Solarization`: invert the values of images, or the bright ones, in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.options import ImageOptions, ValueOptions
from minidl.layers.preprocessing.augmentation import Augmentation, check_value_range, drawn, each, factor_between, rescaled
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class RandomInvert(Augmentation):
    """In training, `y = value_range[1] - x` for a random part of the images; in inference `y = x`.

    Args:
        factor: the probability, in [0, 1]: a pair (min, max), or one number f for (0, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomInvert((1.0, 1.0))([[[100.0], [255.0]]], training=True)[0, :, 0]
        array([155.,   0.], dtype=float32)
    """

    bounds = (0, 1)

    @inherit_arguments(Augmentation, last=("data_format",))
    def __init__(self, factor: float | Sequence[float] = 1.0, **kwargs: Unpack[ValueOptions]) -> None:
        super().__init__(factor, **kwargs)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {"apply_inversion": generator.random(shape[0]) < drawn(generator, self.factor, shape[0])}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        chosen = np.broadcast_to(each(transformation["apply_inversion"]), images.shape)
        return np.where(chosen, self.value_range[1] - images, images)


class Solarization(ImageLayer):
    """In training, adds a random number to the pixels and inverts those above a random threshold; in inference `y = x`.

    Args:
        addition_factor: what is added, as a part of 255, in [0, 1]: a pair (min, max), or one number f for (0, f).
        threshold_factor: the threshold, in the same way.
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> Solarization(0.0, (0.4, 0.4))([[[50.0], [200.0]]], training=True)[0, :, 0].round(0)
        array([50., 55.], dtype=float32)
    """

    @inherit_arguments(ImageLayer)
    def __init__(
        self,
        addition_factor: float | Sequence[float] = 0.0,
        threshold_factor: float | Sequence[float] = 0.0,
        value_range: Sequence[float] = (0, 255),
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.addition_factor = factor_between("Solarization", "addition_factor", addition_factor, 0, 1, from_low=True)
        self.threshold_factor = factor_between("Solarization", "threshold_factor", threshold_factor, 0, 1, from_low=True)
        self.value_range = check_value_range("Solarization", value_range)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        additions, thresholds = (
            255 * drawn(generator, factor, (shape[0], 1, 1, 1)) for factor in (self.addition_factor, self.threshold_factor)
        )
        return {"additions": additions.astype(self.dtype), "thresholds": thresholds.astype(self.dtype)}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        moved = np.clip(rescaled(images, self.value_range, (0, 255)) + transformation["additions"], 0, 255)
        solarized = np.where(moved < transformation["thresholds"], moved, 255 - moved)
        return rescaled(solarized, (0, 255), self.value_range)
