"""`RandomHue` and `RandomSaturation`: change the hue or the saturation of images randomly in training."""

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.kernels.colors import hsv_to_rgb, rgb_to_hsv
from minidl.layers.preprocessing.augmentation import Augmentation, drawn, rescaled
from minidl.layers.preprocessing.base_image import Transformation


class RandomHue(Augmentation):
    """In training, turns the hue of each image by a random angle; in inference `y = x`.

    Args:
        factor: the angles, of which 1 is half a turn, in [0, 1]: a pair (min, max), or one number f for (0, f); the direction
            is random.
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, 3) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomHue((1.0, 1.0))([[[255.0, 0.0, 0.0]]], training=True)[0, 0]
        array([  0., 255., 255.], dtype=float32)
    """

    channel_counts = (3,)

    bounds = (0, 1)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        direction = generator.choice([-1.0, 1.0], shape[0])
        return {"factor": direction * drawn(generator, self.factor, shape[0]) * 0.5}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        turn = np.asarray(transformation["factor"], self.dtype).reshape(-1, 1, 1)
        hue, saturation, value = rgb_to_hsv(rescaled(images, self.value_range, (0, 1)))
        rgb = hsv_to_rgb(hue + turn, saturation, value)
        return rescaled(np.clip(rgb, 0.0, 1.0), (0, 1), self.value_range)


class RandomSaturation(Augmentation):
    """In training, multiplies the saturation of each image by `factor / (1 - factor)`; in inference `y = x`.

    Args:
        factor: 0 is gray, 0.5 changes nothing, 1 is full color, in [0, 1]: a pair (min, max), or one number f for (0, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, 3) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomSaturation((0.0, 0.0))([[[200.0, 0.0, 100.0]]], training=True)[0, 0]
        array([200., 200., 200.], dtype=float32)
    """

    channel_counts = (3,)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        factor = drawn(generator, self.factor, shape[0])
        return {"factor": factor / (1 - factor + epsilon())}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        factor = np.asarray(transformation["factor"], self.dtype).reshape(-1, 1, 1)
        hue, saturation, value = rgb_to_hsv(images)
        return hsv_to_rgb(hue, np.clip(saturation * factor, *self.value_range), value)
