"""Pooling of windows as operations; the formulas are in `minidl.kernels.pooling`."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.operation import Operation
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array, Shape, Sizes
from minidl.kernels import pooling as kernels
from minidl.kernels.geometry import Geometry, pooling_geometry
from minidl.ops.convolution import channels_back, channels_last, sizes_of, windowed_shape
from minidl.ops.elements import get_item
from minidl.ops.reductions import max as largest
from minidl.ops.reductions import mean
from minidl.ops.shapes import ndim, shape, stack

__all__ = ["adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"]


def _geometry(x: Array, size: Sizes, strides: Sizes | None, padding: str) -> Geometry:
    rank = x.ndim - 2
    if padding not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    sizes = sizes_of(size, rank)
    steps = sizes if strides is None else sizes_of(strides, rank)
    return pooling_geometry(x.shape[1:-1], sizes, steps, padding)


@operation(lambda dy, y, x, **options: kernels.max_pool_backward(dy, x, y, _geometry(x, **options)))
def pool_maximum(x: Array, size: Sizes, strides: Sizes | None, padding: str) -> Array:
    """Maximum of each window of (batch, ..., channels)."""
    return kernels.max_pool(x, _geometry(x, size, strides, padding))


@operation(lambda dy, y, x, **options: kernels.average_pool_backward(dy, x, _geometry(x, **options)))
def pool_average(x: Array, size: Sizes, strides: Sizes | None, padding: str) -> Array:
    """Mean of each window of (batch, ..., channels)."""
    return kernels.average_pool(x, _geometry(x, size, strides, padding))


@composed()
def max_pool(
    inputs: TensorLike, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """Maximum of each window, `y[t] = max over k of x[t * strides + k]`.

    Example:
        >>> max_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2)[0, :, 0]
        array([3., 2.])
    """
    x = channels_last(inputs, data_format)
    return channels_back(pool_maximum(x, size=pool_size, strides=strides, padding=padding), data_format)


@composed()
def average_pool(
    inputs: TensorLike, pool_size: Sizes, strides: Sizes | None = None, padding: str = "valid", data_format: str | None = None
) -> Array:
    """Mean of each window, `y[t] = mean over k of x[t * strides + k]`; padding does not count.

    Example:
        >>> average_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2)[0, :, 0]
        array([2., 1.])
    """
    x = channels_last(inputs, data_format)
    return channels_back(pool_average(x, size=pool_size, strides=strides, padding=padding), data_format)


@max_pool.register_shape
@average_pool.register_shape
def _pooled_shape(x: Shape, pool_size: Sizes, strides: Sizes | None, padding: str, data_format: str | None) -> Shape:
    sizes = sizes_of(pool_size, len(x) - 2)
    channels = x[1] if data_format == "channels_first" else x[-1]
    return windowed_shape(x, sizes, sizes if strides is None else strides, padding, 1, data_format, channels)


def _adaptive(reduce: Operation, inputs: Array | Tensor, output_size: Sizes, data_format: str | None) -> Array:
    """Window n of an axis reaches from `floor(n * size / outputs)` to `ceil((n + 1) * size / outputs)`."""
    y = channels_last(inputs, data_format)
    for axis, count in enumerate(sizes_of(output_size, ndim(y) - 2), start=1):
        size, before = shape(y)[axis], (slice(None),) * axis
        starts = np.arange(count) * size // count
        ends = -(-np.arange(1, count + 1) * size // count)
        y = stack([reduce(get_item(y, (*before, slice(int(a), int(b)))), axis) for a, b in zip(starts, ends)], axis)
    return channels_back(y, data_format)


@composed()
def adaptive_average_pool(inputs: Array, output_size: Sizes, data_format: str | None = None) -> Array:
    """Means of windows that divide each axis into `output_size` parts.

    `y[i] = mean(x[start:stop])` with `start = floor(i * size / output_size)`, `stop = ceil((i + 1) * size / output_size)`.

    Example:
        >>> adaptive_average_pool(np.ones((1, 7, 3)), 2).shape
        (1, 2, 3)
    """
    return _adaptive(mean, inputs, output_size, data_format)


@composed()
def adaptive_max_pool(inputs: Array, output_size: Sizes, data_format: str | None = None) -> Array:
    """Maxima of windows that divide each axis into `output_size` parts.

    `y[i] = max(x[start:stop])` with `start = floor(i * size / output_size)`, `stop = ceil((i + 1) * size / output_size)`.

    Example:
        >>> adaptive_max_pool(np.array([[[1.0], [3.0], [2.0], [0.0]]]), 2)[0, :, 0]
        array([3., 2.])
    """
    return _adaptive(largest, inputs, output_size, data_format)
