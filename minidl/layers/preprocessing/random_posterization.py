"""`RandomPosterization`: reduces the number of different values of a pixel in training."""

import numpy as np

from minidl.config.types import Array
from minidl.layers.preprocessing.augmentation import Augmentation, each, rescaled
from minidl.layers.preprocessing.base_image import Transformation


class RandomPosterization(Augmentation):
    """In training, keeps the highest bits of each value and sets the others to 0; in inference `y = x`.

    Args:
        factor: the number of bits of 8 that stay, in [1, 8]: a pair (min, max) of integers, of which max is
            drawn only if they are equal, or one integer f for (1, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomPosterization((2, 2))([[[100.0], [255.0]]], training=True)[0, :, 0]
        array([ 64., 192.], dtype=float32)
    """

    bounds = (1, 8)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        fewest, most = self.factor
        bits = np.full(shape[0], fewest) if fewest == most else generator.integers(int(fewest), int(most), shape[0])
        return {"shift_factor": 8 - bits}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        step = 2.0 ** each(transformation["shift_factor"]).astype(self.dtype)  # what the lowest bit that stays counts
        values = rescaled(images, self.value_range, (0, 255))
        return rescaled(np.floor(values / step) * step, (0, 255), self.value_range)
