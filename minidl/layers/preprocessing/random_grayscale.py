"""`RandomGrayscale` and `RandomColorDegeneration`: remove color from images in training."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.kernels.colors import grayscale
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import Augmentation, drawn, each, factor_between
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class RandomGrayscale(ImageLayer):
    """In training, makes a random part of the images gray; in inference `y = x`.

    Args:
        factor: the probability that an image becomes gray, in [0, 1].
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, 3) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank or number of channels.
    Example:
        >>> RandomGrayscale(1.0)([[[100.0, 0.0, 0.0]]], training=True)[0, 0].round(2)
        array([29.89, 29.89, 29.89], dtype=float32)
    """

    channel_counts = (1, 3)

    @inherit_arguments(ImageLayer, last=("seed", "bounding_box_format"))
    def __init__(self, factor: float = 0.5, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        factor_between("RandomGrayscale", "factor", factor, 0, 1)
        self.factor = factor

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return generator.random((shape[0], 1, 1, 1)) < self.factor

    def adjust(self, images: Array, transformation: Any) -> Array:
        gray = np.concatenate([grayscale(images)] * images.shape[-1], axis=-1)
        return np.where(np.broadcast_to(transformation, images.shape), gray, images)


class RandomColorDegeneration(Augmentation):
    """In training, `y = x + factor * (gray - x)`, clipped to `value_range`; in inference `y = x`.

    Args:
        factor: 0 changes nothing, 1 is gray, in [-1, 1]: a pair (min, max), or one number f for (-f, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, 3) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank or number of channels.
    Example:
        >>> RandomColorDegeneration((1.0, 1.0))([[[100.0, 0.0, 0.0]]], training=True)[0, 0].round(2)
        array([29.89, 29.89, 29.89], dtype=float32)
    """

    channel_counts = (1, 3)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {"factor": each(drawn(generator, self.factor, shape[0]))}

    def adjust(self, images: Array, transformation: Transformation) -> Any:
        factor = np.asarray(transformation["factor"], self.dtype)
        return np.clip(images + factor * (grayscale(images) - images), *self.value_range)
