"""`RandomColorJitter`: changes brightness, contrast, saturation and hue of images randomly in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.layers.preprocessing.random_brightness import RandomBrightness
from minidl.layers.preprocessing.random_contrast import RandomContrast
from minidl.layers.preprocessing.random_hue import RandomHue, RandomSaturation


class RandomColorJitter(ImageLayer):
    """`RandomBrightness`, `RandomContrast`, `RandomSaturation` and `RandomHue`, one after the other; in inference `y = x`.

    Args:
        value_range: the smallest and the largest value of a pixel.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: the factors of the four layers; `None` for none.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, 3) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomColorJitter(brightness_factor=(0.1, 0.1))([[[1.0, 2.0, 3.0]]], training=True)[0, 0]
        array([26.5, 27.5, 28.5], dtype=float32)
    """

    @inherit_arguments(ImageLayer)
    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        brightness_factor: float | Sequence[float] | None = None,
        contrast_factor: float | Sequence[float] | None = None,
        saturation_factor: float | Sequence[float] | None = None,
        hue_factor: float | Sequence[float] | None = None,
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.value_range, self.brightness_factor, self.contrast_factor = value_range, brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor
        factors = (brightness_factor, contrast_factor, saturation_factor, hue_factor)
        kinds = (RandomBrightness, RandomContrast, RandomSaturation, RandomHue)
        options = {"value_range": value_range, "seed": self.seed, "data_format": "channels_last", "dtype": self.dtype}
        self.steps: dict[str, ImageLayer] = {
            kind.__name__: kind(factor, **options) for kind, factor in zip(kinds, factors, strict=True) if factor is not None
        }
        self.channel_counts = () if saturation_factor is None and hue_factor is None else (3,)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {name: step.draw(generator, shape) for name, step in self.steps.items()}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        for name, step in self.steps.items():
            images = step.adjust(images, transformation[name])
        return images
