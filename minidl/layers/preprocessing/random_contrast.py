"""`RandomContrast`: changes the contrast of images randomly in training."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer, factor_range


class RandomContrast(ImageLayer):
    """In training, `y = (x - mean) * contrast + mean`, clipped to `value_range`; in inference `y = x`.

    The mean is that of each channel of each image; the contrast of each image is uniform between `1 - lower` and `1 + upper`.

    Args:
        factor: `lower` and `upper`, one number in [0, 1] for both, or a pair; a negative lower one excludes weak contrasts.
            (Keras uses 0 for `lower` if one number is given.)
        value_range: the smallest and the largest value of a pixel, for clipping.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an invalid factor or range, or x has another rank.
    Example:
        >>> RandomContrast((-0.5, 0.5))([[[100.0], [110.0]]], training=True)[0, :, 0]
        array([ 97.5, 112.5], dtype=float32)
    """

    moves_pixels = False

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor, self.value_range = factor, value_range
        self._contrasts()
        self._value_range()
        self.seed = seed
        self.data_format = data_format_of("RandomContrast", data_format)
        self.generator = self.add_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`y = (x - mean) * contrast + mean`, clipped, or `y = x` outside training."""
        if not self.augments(training):
            return x, None
        images = self.as_batch(x)
        contrast = self.generator.uniform(*self._contrasts(), (len(images), 1, 1, 1)).astype(x.dtype)
        mean = images.mean(axis=(1, 2), keepdims=True)
        y = (images - mean) * contrast + mean
        low, high = self._value_range()
        inside = (y >= low) & (y <= high)
        return self.as_came(np.clip(y, low, high, out=y), x.ndim), (contrast, inside)

    def backward(self, dy: Array, cache: Any) -> Array:
        """`dx = contrast * g + (1 - contrast) * mean(g)`, where g is dy at the pixels that were not clipped."""
        if cache is None:
            return dy
        contrast, inside = cache
        g = self.as_batch(dy) * inside
        return self.as_came(contrast * g + (1 - contrast) * g.mean(axis=(1, 2), keepdims=True), dy.ndim)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

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
