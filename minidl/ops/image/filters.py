"""Filters: Gaussian blur, edges, and the structural similarity of two images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, Shape, Tensors
from minidl.ops.convolution import channels_last, depthwise_conv
from minidl.ops.elements import get_item
from minidl.ops.image.formats import as_float, in_batches
from minidl.ops.math import square
from minidl.ops.reductions import mean
from minidl.ops.shapes import expand_dims, ndim, shape, stack

__all__ = ["gaussian_blur", "sobel_edges", "ssim"]


def gaussian(size: int, sigma: float) -> Array:
    """The weights of a Gaussian filter, whose sum is 1."""
    weights: Array = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def filtered(x: Tensors, kernel: Array, padding: str) -> Array:
    """Every channel of (batch, height, width, channels) convolved with the same kernel (height, width)."""
    x = as_float(x)
    each = np.repeat(kernel[..., np.newaxis], shape(x)[-1], -1)[..., np.newaxis].astype(np.dtype(x.dtype))
    return depthwise_conv(x, each, 1, padding)


@composed(name="image.gaussian_blur")
def gaussian_blur(
    images: Array, kernel_size: Sequence[int] = (3, 3), sigma: Sequence[float] = (1.0, 1.0), data_format: str | None = None
) -> Array:
    """Convolution with a Gaussian, `exp(-(x ** 2 + y ** 2) / (2 * sigma ** 2))`; sizes and `sigma` are those across and down.

    Example:
        >>> gaussian_blur(np.ones((4, 6, 3)), kernel_size=(3, 3), sigma=(1.0, 1.0)).shape
        (4, 6, 3)
    """
    kernel = np.outer(gaussian(kernel_size[1], float(sigma[1])), gaussian(kernel_size[0], float(sigma[0])))
    return in_batches(lambda x: filtered(x, kernel, "same"), images, data_format)


@gaussian_blur.register_shape
def _same_shape(shape: Shape, **options: object) -> Shape:
    return shape


_ACROSS = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


@composed(name="image.sobel_edges")
def sobel_edges(images: TensorLike, data_format: str | None = None) -> Array:
    """Derivatives down and across by Sobel's filters, as a new last axis of two.

    Example:
        >>> sobel_edges(np.ones((1, 4, 6, 3))).shape
        (1, 4, 6, 3, 2)
    """
    down = in_batches(lambda x: filtered(x, _ACROSS.T, "same"), images, data_format)
    across = in_batches(lambda x: filtered(x, _ACROSS, "same"), images, data_format)
    return stack([down, across], -1)


@composed(tensors=2, name="image.ssim")
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Array:
    """Structural similarity of images, the mean over windows and channels; 1 for equal ones.

    `ssim = (2 * m1 * m2 + c1) * (2 * cov + c2) / ((m1 ** 2 + m2 ** 2 + c1) * (v1 + v2 + c2))`, of means m and variances v.

    Source: Wang et al. 2004.
    Example:
        >>> x = np.ones((1, 11, 11, 1))
        >>> ssim(x, x, max_val=1.0).round(2)
        array([1.])
    """
    single = ndim(image1) == 3
    x, y = (as_float(channels_last(expand_dims(z, 0) if single else z, data_format)) for z in (image1, image2))
    kernel = np.outer(gaussian(filter_size, filter_sigma), gaussian(filter_size, filter_sigma))

    def local(z: TensorLike) -> Array:
        return filtered(z, kernel, "valid")

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = local(x), local(y)
    variances = local(square(x)) + local(square(y)) - square(mean_x) - square(mean_y)
    covariance = local(x * y) - mean_x * mean_y
    brightness = (2 * mean_x * mean_y + c1) / (square(mean_x) + square(mean_y) + c1)
    found = mean(brightness * (2 * covariance + c2) / (variances + c2), (1, 2, 3))
    return get_item(found, 0) if single else found
