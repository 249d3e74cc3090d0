"""Convolutions of any rank, forward and backward side by side; arrays are (batch, ..., channels).

Windows are laid side by side in rows, and one matrix product does the rest: chunk by chunk of the batch, so that all that
belongs to a chunk stays in the processor's cache, and a part of the batch on each thread.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import Rows, chunks, im2col, parts_for_threads
from minidl.kernels.reductions import column_sums
from minidl.kernels.threads import in_parallel


def convolve(
    x: Rows, kernel: Array, geometry: Geometry, groups: int = 1, finish: Callable[[Array], object] | None = None
) -> Array:
    """`y[p] = sum over k of x[p * strides + k * dilation - before] @ kernel[k]`.

    Args:
        x: (batch, ..., channels).
        kernel: (..., channels / groups, filters).
        geometry: where the windows lie.
        groups: parts of the channels that are convolved apart, each to its share of the filters.
        finish: called with some rows of y after the other, still in the cache, to change them in place.
    Returns:
        y, (batch, outputs ..., filters).
    """
    channels, filters, count = x.shape[-1], kernel.shape[-1], x.shape[0]
    y = np.empty((count, *geometry.outputs, filters), x.dtype)

    def convolve_part(rows: slice) -> None:
        for taken, made in _groups(channels, filters, groups):
            weights = np.ascontiguousarray(kernel[..., made]).reshape(-1, filters // groups)
            for some, columns in im2col(x, geometry, rows, taken, filters // groups):
                if groups == 1:
                    np.matmul(columns, weights, out=y[some].reshape(-1, filters))
                else:
                    y[some][..., made] = (columns @ weights).reshape(-1, *geometry.outputs, filters // groups)
                if finish is not None and made.stop == filters:
                    finish(y[some])

    in_parallel(convolve_part, parts_for_threads(count, count * math.prod(geometry.outputs) * kernel.size))
    return y


def convolve_backward_weights(dy: Rows, x: Array, geometry: Geometry, groups: int = 1) -> tuple[Array, Array]:
    """The gradients of the kernel, (..., channels / groups, filters), and of a bias that is added to y, (filters,).

    The first is the windows' transpose times dy, the second the sum of dy over all windows.
    """
    channels, filters = x.shape[-1], dy.shape[-1]
    take, make = channels // groups, filters // groups
    width = math.prod(geometry.kernel) * take

    def of_part(rows: slice) -> tuple[Array, Array]:
        dkernel, dbias = np.zeros((groups, width, make), dy.dtype), np.zeros((groups, make), dy.dtype)
        for group, (taken, made) in enumerate(_groups(channels, filters, groups)):
            for some, columns in im2col(x, geometry, rows, taken, make):
                dy_rows = np.ascontiguousarray(dy[some][..., made]).reshape(-1, make)
                dkernel[group] += columns.T @ dy_rows
                dbias[group] += column_sums(dy_rows)
        return dkernel, dbias

    parts = in_parallel(of_part, parts_for_threads(len(x), math.prod(dy.shape) * width))
    dkernel, dbias = (np.sum(several, axis=0) for several in zip(*parts, strict=True))
    return dkernel.transpose(1, 0, 2).reshape(*geometry.kernel, take, filters), dbias.ravel()


def convolve_backward_kernel(dy: Rows, x: Array, geometry: Geometry, groups: int = 1) -> Array:
    """The kernel's gradient alone."""
    return convolve_backward_weights(dy, x, geometry, groups)[0]


def convolve_backward_input(dy: Rows, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int = 1) -> Array:
    """The gradient of an input of these sizes: dy spread over the windows; also what a transposed convolution computes.

    With strides of 1 that is a convolution of dy by the flipped kernel, too, which is often cheaper.
    """
    places, (take, filters) = math.prod(geometry.kernel), kernel.shape[-2:]
    # Measured: to copy a number into a column takes as long as 4 multiplications inside a product, to add one elsewhere 20.
    by_flipping = math.prod(sizes) * places * filters * (take + 4)
    by_spreading = math.prod(geometry.outputs) * places * take * groups * (filters // groups + 20)
    if max(geometry.strides) == 1 and by_flipping < by_spreading:
        return convolve(dy, _flipped(kernel, groups), geometry.flipped(sizes), groups)
    return _spread(dy, kernel, sizes, geometry, groups)


def _spread(dy: Rows, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int) -> Array:
    """`dx[p * strides + k * dilation - before] += dy[p] @ kernel[k].T`, a product for every k."""
    count, outputs, (take, filters) = dy.shape[0], math.prod(geometry.outputs), kernel.shape[-2:]
    make, reach = filters // groups, [b + size for b, size in zip(geometry.before, sizes, strict=True)]
    dx = np.empty((count, *sizes, take * groups), dy.dtype)
    weights = np.ascontiguousarray(kernel.swapaxes(-1, -2))  # (..., filters, channels / groups)
    inside = (slice(None), *(slice(b, end) for b, end in zip(geometry.before, reach, strict=True)))
    needed = [max(sizes) for sizes in zip(geometry.needed, reach, strict=True)]

    def spread_part(rows: slice) -> None:
        for some in chunks(rows, outputs * (take + filters)):
            part = dy[some]
            padded = np.zeros((len(part), *needed, take * groups), dy.dtype)
            for taken, made in _groups(take * groups, filters, groups):
                dy_rows = np.ascontiguousarray(part[..., made]).reshape(-1, make)
                product = np.empty((len(dy_rows), take), dy.dtype)
                for place, slices in geometry.offsets():
                    target = padded[(slice(None), *slices, taken)]
                    target += np.matmul(dy_rows, weights[place][made], out=product).reshape(target.shape)
            dx[some] = padded[inside]

    in_parallel(spread_part, parts_for_threads(count, count * outputs * kernel.size))
    return dx


def _flipped(kernel: Array, groups: int) -> Array:
    """The kernel that leads from y back to x: turned round along every axis, channels and filters changed over."""
    rank, (take, filters) = kernel.ndim - 2, kernel.shape[-2:]
    turned = kernel[(slice(None, None, -1),) * rank].reshape(*kernel.shape[:rank], take, groups, filters // groups)
    return turned.swapaxes(-1, -3).reshape(*kernel.shape[:rank], filters // groups, groups * take)


def _groups(channels: int, filters: int, groups: int) -> Iterator[tuple[slice, slice]]:
    """The channels that each group takes, and the filters it makes."""
    take, make = channels // groups, filters // groups
    for group in range(groups):
        yield slice(group * take, (group + 1) * take), slice(group * make, (group + 1) * make)
