"""`RandomSharpness` and `RandomGaussianBlur`: sharpen or blur images randomly in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Sizes, Tensors
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import Augmentation, check_value_range, drawn, each, factor_between
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.ops.image.filters import filtered, gaussian


class RandomSharpness(Augmentation):
    """In training, `y = x + (1 - 2 * factor) * (smooth - x)`, clipped; in inference `y = x`.

    Args:
        factor: 0 is smooth, 0.5 changes nothing, 1 is sharp, in [0, 1]: a pair (min, max), or one number f for (0, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomSharpness((0.0, 0.0))(np.full((3, 3, 1), 13.0), training=True)[1, 1]
        array([13.], dtype=float32)
    """

    bounds = (0, 1)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {"factor": drawn(generator, self.factor, shape[0])}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        kernel = np.full((3, 3), 1 / 13)
        kernel[1, 1] = 5 / 13
        smoothing = 1 - 2 * each(transformation["factor"]).astype(self.dtype)
        return np.clip(images + smoothing * (filtered(images, kernel, "same") - images), *self.value_range)


class RandomGaussianBlur(ImageLayer):
    """In training, blurs a random part of the images with a Gaussian kernel, and clips them; in inference `y = x`.

    Args:
        factor: the probability, in [0, 1]: a pair (min, max), or one number f for (0, f).
        kernel_size: width and height of the kernel, odd integers, or one for both.
        sigma: standard deviation of the kernel in pixels, in [0, 1]: a pair (min, max), or one number f for (0, f).
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an argument is out of range, or x has another rank.
    Example:
        >>> RandomGaussianBlur(sigma=(0.5, 0.5))(np.eye(3)[..., np.newaxis], training=True).shape
        (3, 3, 1)
    """

    @inherit_arguments(ImageLayer, last=("seed", "bounding_box_format"))
    def __init__(
        self,
        factor: float | Sequence[float] = 1.0,
        kernel_size: Sizes = 3,
        sigma: float | Sequence[float] = 1.0,
        value_range: Sequence[float] = (0, 255),
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.factor = factor_between("RandomGaussianBlur", "factor", factor, 0, 1)
        sizes = tuple(kernel_size) if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
        if len(sizes) != 2 or not all(is_integer(size, least=1) and size % 2 == 1 for size in sizes):
            raise ValueError(f"RandomGaussianBlur expects kernel_size to be odd integers, one or a pair, got {kernel_size!r}")
        self.kernel_size = sizes
        self.sigma = factor_between("RandomGaussianBlur", "sigma", sigma, 0, 1)
        self.value_range = check_value_range("RandomGaussianBlur", value_range)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        chosen = generator.random(shape[0]) < drawn(generator, self.factor, shape[0])
        return {"should_apply_blur": chosen, "blur_factor": drawn(generator, self.sigma, 2) + 1e-6}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        across, down = map(gaussian, self.kernel_size, transformation["blur_factor"])
        blurred = filtered(images, np.outer(down, across), "same")
        chosen = np.broadcast_to(each(transformation["should_apply_blur"]), images.shape)
        return np.clip(np.where(chosen, blurred, images), *self.value_range)
