"""Convolutions of any rank as matrix products, forward and backward; arrays are (batch, ..., channels).

With `columns = im2col(x)`, all windows as rows of a matrix (batch * outputs, kernel * channels), and `w` the kernel as a matrix
(kernel * channels, filters):

    y = columns @ w        dw = columns.T @ dy        dx = col2im(dy @ w.T)

Tuning: this is done for chunks of the batch, so that a chunk's columns and products stay in the cache, and on several threads,
each with its part of the batch. With groups, each has its own matrix and product, (groups, batch * outputs, filters / groups).
"""

import math
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import Rows, chunks, im2col, parts_for_threads
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty
from minidl.kernels.pooling import max_pool_rows
from minidl.kernels.reductions import column_sums
from minidl.kernels.threads import in_parallel

Epilogue = Callable[[Array], object]


def convolve(
    x: Rows,
    kernel: Array,
    geometry: Geometry,
    groups: int = 1,
    epilogue: Epilogue | None = None,
    pool: Geometry | None = None,
) -> Array:
    """`y[p] = sum over k of x[p * strides + k * dilation - before] @ kernel[k]`, as `columns @ w`.

    Args:
        x: (batch, sizes ..., channels).
        kernel: (kernel ..., channels / groups, filters).
        geometry: where the windows lie.
        groups: number of groups of channels, each convolved to its share of the filters.
        epilogue: called with each finished chunk of y while it is in the cache, to change it in place (bias, activation).
        pool: windows of the outputs, without padding, whose maxima are y, before the epilogue; for a single group.
    Returns:
        y, (batch, outputs ..., filters).
    """
    count, outputs = x.shape[0], geometry.outputs if pool is None else pool.outputs
    geometry = geometry if pool is None else geometry._replace(outputs=pool.needed)  # without outputs that no window reads
    y = empty((count, *outputs, kernel.shape[-1]), x.dtype)
    in_parallel(
        lambda part: in_use[convolve_rows](x, kernel, geometry, groups, epilogue, pool, part, y),
        parts_for_threads(count, count * math.prod(geometry.outputs) * kernel.size),
    )
    return y


def convolve_rows(
    x: Rows,
    kernel: Array,
    geometry: Geometry,
    groups: int,
    epilogue: Epilogue | None,
    pool: Geometry | None,
    part: slice,
    y: Array,
) -> None:
    """`convolve` of some rows of the batch, written to the same rows of y."""
    filters, z = kernel.shape[-1], None
    w = np.ascontiguousarray(_by_group(kernel.reshape(-1, filters), groups))
    for rows, columns in im2col(x, geometry, part, groups, filters):
        # (rows * outputs, kernel * channels) @ (kernel * channels, filters) -> (rows * outputs, filters), for each group
        if pool is not None:
            z = empty((columns.shape[1], filters), x.dtype) if z is None else z[: columns.shape[1]]  # the last chunk is shorter
            np.matmul(columns, w, out=_by_group(z, groups))
            in_use[max_pool_rows](z.reshape(-1, *geometry.outputs, filters), pool, y[rows])
        else:
            np.matmul(columns, w, out=_by_group(y[rows].reshape(-1, filters), groups))
        if epilogue is not None:
            epilogue(y[rows])


def convolve_backward_weights(dy: Rows, x: Array, geometry: Geometry, groups: int = 1) -> tuple[Array, Array]:
    """`dw = columns.T @ dy` and `dbias = sum over all windows of dy`.

    Returns:
        The gradients of the kernel, (kernel ..., channels / groups, filters), and of a bias added to y, (filters,).
    """
    channels, filters = x.shape[-1] // groups, dy.shape[-1]
    width = math.prod(geometry.kernel) * channels

    def gradients_of_part(part: slice) -> tuple[Array, Array]:
        dw, dbias = np.zeros((groups, width, filters // groups), dy.dtype), np.zeros(filters, dy.dtype)
        for rows, columns in im2col(x, geometry, part, groups, filters):
            dy_rows = dy[rows].reshape(-1, filters)
            # (kernel * channels, rows * outputs) @ (rows * outputs, filters) -> (kernel * channels, filters), for each group
            dw += columns.swapaxes(1, 2) @ _by_group(dy_rows, groups)
            dbias += column_sums(dy_rows)
        return dw, dbias

    parts = in_parallel(gradients_of_part, parts_for_threads(len(x), math.prod(dy.shape) * width))
    dw, dbias = (np.sum(several, axis=0) for several in zip(*parts, strict=True))
    return dw.swapaxes(0, 1).reshape(*geometry.kernel, channels, filters), dbias


def convolve_backward_kernel(dy: Rows, x: Array, geometry: Geometry, groups: int = 1) -> Array:
    """The kernel's gradient alone."""
    return convolve_backward_weights(dy, x, geometry, groups)[0]


def convolve_backward_input(dy: Rows, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int = 1) -> Array:
    """`dx[p * strides + k * dilation - before] += dy[p] @ kernel[k].T`, for an input of these sizes.

    This is also the forward pass of a transposed convolution. With strides of 1 it equals a convolution of dy with the flipped
    kernel, which is used where it is cheaper.
    """
    if max(geometry.strides) == 1 and in_use[is_faster_flipped](dy.shape[0], kernel, sizes, geometry, groups):
        return convolve(dy, _flipped(kernel, groups), geometry.flipped(sizes), groups)
    return _col2im(dy, kernel, sizes, geometry, groups)


def is_faster_flipped(count: int, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int) -> bool:
    """Whether convolving dy of `count` rows with the flipped kernel is faster than adding to dx."""
    positions, (channels, filters) = math.prod(geometry.kernel), kernel.shape[-2:]
    # Measured: copying an element into a column takes as long as 4 multiplications inside a product, adding one to dx 10.
    by_flipping = math.prod(sizes) * positions * filters * (channels + 4)
    by_adding = math.prod(geometry.outputs) * positions * channels * groups * (filters // groups + 10)
    return bool(by_flipping < by_adding)


def _col2im(dy: Rows, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int) -> Array:
    """`dx[p * strides + k * dilation - before] += dy[p] @ kernel[k].T`: a product and an addition for each k."""
    count, outputs, (take, filters) = dy.shape[0], math.prod(geometry.outputs), kernel.shape[-2:]
    ends = [b + size for b, size in zip(geometry.before, sizes, strict=True)]
    dx = empty((count, *sizes, take * groups), dy.dtype)
    transposed = np.ascontiguousarray(kernel.swapaxes(-1, -2))  # (kernel ..., filters, channels / groups)
    inside = (slice(None), *(slice(b, end) for b, end in zip(geometry.before, ends, strict=True)))
    needed = [max(sizes) for sizes in zip(geometry.needed, ends, strict=True)]

    def add_part(part: slice) -> None:
        for rows in chunks(part, outputs * (take + filters)):
            padded = np.zeros((rows.stop - rows.start, *needed, take * groups), dy.dtype)
            in_use[add_windows](dy[rows].reshape(-1, filters), transposed, padded, geometry, groups)
            dx[rows] = padded[inside]

    in_parallel(add_part, parts_for_threads(count, count * outputs * kernel.size))
    return dx


def add_windows(dy: Array, kernel: Array, padded: Array, geometry: Geometry, groups: int = 1) -> None:
    """`padded[p * strides + k * dilation] += dy[p] @ kernel[k]` for each k.

    Args:
        dy: gradients of the windows of some rows of a batch, (rows * outputs, filters).
        kernel: (kernel ..., filters, channels / groups).
        padded: (rows, sizes ..., channels), changed in place.
        geometry: where the windows lie.
        groups: number of groups of filters and of channels.
    """
    product = empty((len(dy), padded.shape[-1]), dy.dtype)
    dy_groups, product_groups = _by_group(dy, groups), _by_group(product, groups)
    w = kernel.reshape(*geometry.kernel, groups, dy_groups.shape[-1], -1)
    for k, slices in geometry.offsets():
        # (rows * outputs, filters) @ (filters, channels) -> (rows * outputs, channels), for each group
        np.matmul(dy_groups, w[k], out=product_groups)
        target = padded[(slice(None), *slices)]
        target += product.reshape(target.shape)


def _flipped(kernel: Array, groups: int) -> Array:
    """The kernel reversed along every axis, with channels and filters exchanged: it convolves dy to dx."""
    rank, (take, filters) = kernel.ndim - 2, kernel.shape[-2:]
    reverse = kernel[(slice(None, None, -1),) * rank].reshape(*kernel.shape[:rank], take, groups, filters // groups)
    return np.ascontiguousarray(reverse.swapaxes(-1, -3).reshape(*kernel.shape[:rank], filters // groups, groups * take))


def _by_group(rows: Array, groups: int) -> Array:
    """(rows, elements) -> (groups, rows, elements / groups), a view."""
    return rows.reshape(len(rows), groups, rows.shape[1] // groups).swapaxes(0, 1)
