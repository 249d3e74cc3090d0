"""`AutoContrast` and `Equalization`: spread the values of the pixels over the whole range."""

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.preprocessing.augmentation import Augmentation, check_value_range, rescaled


class AutoContrast(Augmentation):
    """Stretches each channel of each image so that its smallest and largest value are those of `value_range`; always.

    Args:
        value_range: the smallest and the largest value of a pixel.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `bounding_box_format`, `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid range, or x has another rank.
    Example:
        >>> AutoContrast((0, 10))([[[2.0], [3.0], [4.0]]])[0, :, 0]
        array([ 0.,  5., 10.], dtype=float32)
    """

    only_in_training = False

    @inherit_arguments(Augmentation, without=("seed",))
    def __init__(self, value_range: Any = (0, 255), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("AutoContrast", value_range)

    def adjust(self, images: Any, transformation: Any) -> Any:
        """`y = low + (x - smallest) * (high - low) / (largest - smallest)`; a channel of one value is unchanged."""
        smallest, largest = np.min(images, axis=(1, 2), keepdims=True), np.max(images, axis=(1, 2), keepdims=True)
        spread = largest - smallest
        unit = (images - smallest) / np.where(spread > 0, spread, 1.0)
        return np.where(np.broadcast_to(spread > 0, images.shape), rescaled(unit, (0, 1), self.value_range), images)


class Equalization(Augmentation):
    """In training, replaces each value by its share of the darker pixels, so that all values are equally frequent.

    The frequencies are those of a channel in the whole batch. In inference `y = x`; the gradient in training is 0.

    Args:
        value_range: the smallest and the largest value of a pixel.
        bins: the number of different values that are counted.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `bounding_box_format`, `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid range or number of bins, or x has another rank.
    Example:
        >>> Equalization()([[[10.0], [20.0], [30.0]]], training=True)[0, :, 0]
        array([  0., 128., 255.], dtype=float32)
    """

    mixes_batch = True

    @inherit_arguments(Augmentation, without=("seed",))
    def __init__(self, value_range: Any = (0, 255), bins: int = 256, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("Equalization", value_range)
        self.bins = check_positive_integer("Equalization", "bins", bins)

    def forward(self, data: Array, training: bool = False) -> tuple[Array, Any]:
        """The equalized images in training."""
        transformation = self.get_random_transformation(data, self.augments(training))
        return self._transformed(data, transformation), None if transformation is None else self._unchanged(data)

    def backward(self, dy: Array, cache: Any) -> Array:
        """0 in training, as a small change of a pixel moves it to no other bin; dy for channels that are unchanged."""
        return dy if cache is None else dy * cache

    def adjust(self, images: Array, transformation: Any) -> Array:
        values = rescaled(images, self.value_range, (0, 255))
        channels = [self._equalized(values[..., n]) for n in range(images.shape[-1])]
        return np.asarray(rescaled(np.stack(channels, axis=-1), (0, 255), self.value_range), images.dtype)

    def _unchanged(self, images: Array) -> Array:
        """1 for channels whose pixels are all in one bin, otherwise 0; (1, ..., channels, ..., 1)."""
        axis = images.ndim - 1 if self.data_format == "channels_last" else images.ndim - 3
        others = tuple(n for n in range(images.ndim) if n != axis)
        bins = self._bins(rescaled(images, self.value_range, (0, 255)))
        same: Array = bins.min(axis=others, keepdims=True) == bins.max(axis=others, keepdims=True)
        return same.astype(images.dtype)

    def _bins(self, values: Array) -> Array:
        numbers: Array = np.clip((values * (self.bins - 1) / 255).astype(np.int64), 0, self.bins - 1)
        return numbers

    def _equalized(self, channel: Array) -> Array:
        """`255 * (darker pixels) / (all pixels)`, without those of the darkest bin; one bin alone stays as it is."""
        bins = self._bins(channel)
        counts = np.bincount(bins.ravel(), minlength=self.bins)
        if np.count_nonzero(counts) <= 1:
            return channel
        darker = np.cumsum(counts)
        first = darker[np.flatnonzero(darker)[0]]
        curve: Array = np.clip(np.round((darker - first) * 255 / (darker[-1] - first)), 0, 255)
        return curve[bins]
