"""`AutoContrast` and `Equalization`: stretch the values of the pixels to the whole range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.autodiff import value_of
from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Tensors
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import check_value_range, over_pixels, rescaled
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class AutoContrast(ImageLayer):
    """Stretches each channel of each image so that its smallest and largest value are those of `value_range`, in inference too.

    Args:
        value_range: the smallest and the largest value of a pixel.
        data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid range, or x has another rank.
    Example:
        >>> AutoContrast((0, 10))([[[2.0], [3.0], [4.0]]])[0, :, 0]
        array([ 0.,  5., 10.], dtype=float32)
    """

    draws = only_in_training = False

    @inherit_arguments(ImageLayer, without=("seed",))
    def __init__(self, value_range: Sequence[float] = (0, 255), **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("AutoContrast", value_range)

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        """`y = low + (x - smallest) * (high - low) / (largest - smallest)`; a channel of one value is unchanged."""
        smallest, largest = over_pixels(np.min, images), over_pixels(np.max, images)
        extent = largest - smallest
        unit = (images - smallest) / np.where(extent > 0, extent, 1.0)
        return np.where(np.broadcast_to(extent > 0, images.shape), rescaled(unit, (0, 1), self.value_range), images)


class Equalization(ImageLayer):
    """In training, replaces each value by its share of the darker pixels, so that all values are equally frequent.

    The frequencies are those of a channel in the whole batch. In inference `y = x`; the gradient in training is 0.

    Args:
        value_range: the smallest and the largest value of a pixel.
        bins: the number of different values that are counted.
        data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid range or number of bins, or x has another rank.
    Example:
        >>> Equalization()([[[10.0], [20.0], [30.0]]], training=True)[0, :, 0]
        array([  0., 128., 255.], dtype=float32)
    """

    draws, mixes_batch = False, True

    @inherit_arguments(ImageLayer, without=("seed",))
    def __init__(self, value_range: Sequence[float] = (0, 255), bins: int = 256, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("Equalization", value_range)
        self.bins = check_positive_integer("Equalization", "bins", bins)

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        channels = [self._equalized(images[..., n : n + 1]) for n in range(images.shape[-1])]
        return np.concatenate(channels, axis=-1)

    def _equalized(self, channel: Array) -> Tensors:
        """`255 * (darker pixels) / (all pixels)`, without those of the darkest bin; one bin alone stays as it is."""
        pixels = value_of(channel)  # as the number of a bin has no gradient
        bins = self._bins(rescaled(pixels, self.value_range, (0, 255)))
        counts = np.bincount(bins.ravel(), minlength=self.bins)
        if np.count_nonzero(counts) <= 1:
            return channel
        darker = np.cumsum(counts)
        first = darker[np.flatnonzero(darker)[0]]
        curve: Array = np.clip(np.round((darker - first) * 255 / (darker[-1] - first)), 0, 255)
        return 0 * channel + np.asarray(rescaled(curve[bins], (0, 255), self.value_range), pixels.dtype)

    def _bins(self, values: Array) -> Array:
        return np.clip((values * (self.bins - 1) / 255).astype(np.int64), 0, self.bins - 1)
