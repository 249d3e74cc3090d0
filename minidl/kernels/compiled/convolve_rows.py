"""Two-dimensional convolutions of some rows of a batch, with the maxima of windows of their outputs, as one compiled loop.

Its chunks stay in a core's cache, and between them no thread waits for Python. 3x3 kernels take Winograd's algorithm, others
one product for all windows. The compiled matrix products are those of SciPy's BLAS, which gets one thread meanwhile.
"""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels import convolution as reference
from minidl.kernels.blas_threads import run_with_blas_threads
from minidl.kernels.compiled.compiler import are_plain, compile_loops, compile_within
from minidl.kernels.compiled.pooling import are_2x2, max_pool_2x2
from minidl.kernels.compiled.recurrent_loops import limits_scipy
from minidl.kernels.compiled.winograd import transform_inputs, transform_kernel, transform_outputs
from minidl.kernels.convolution import Epilogue
from minidl.kernels.geometry import Geometry
from minidl.kernels.im2col import Rows
from minidl.kernels.memory import empty

_CHUNK = 1 << 18  # elements at a time, 1 MB of float32


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
    """`convolution.convolve_rows`; what becomes NaN or infinite in Winograd's algorithm is left to the reference."""
    fits = groups == 1 and (pool is None or are_2x2(pool)) and are_plain(kernel, y) and kernel.dtype == x.dtype
    if fits and _gains(part, kernel, geometry) and limits_scipy() and _by_winograd(x[part], kernel, y[part], geometry, pool):
        if epilogue is not None:
            epilogue(y[part])
    else:
        reference.convolve_rows(x, kernel, geometry, groups, epilogue, pool, part, y)


def _gains(part: slice, kernel: Array, geometry: Geometry) -> bool:
    """Whether the kernel is 3x3, and there are enough channels and outputs for it to be faster, as measured."""
    is_3x3 = geometry.kernel == (3, 3) and geometry.strides == geometry.dilation == (1, 1)
    outputs = (part.stop - part.start) * math.prod(geometry.outputs)
    return is_3x3 and min(kernel.shape[-2:]) >= 8 and outputs >= 256 and min(geometry.outputs) > 1


def is_faster_flipped(count: int, kernel: Array, sizes: tuple[int, ...], geometry: Geometry, groups: int) -> bool:
    """`convolution.is_faster_flipped`, which does not know Winograd's algorithm."""
    by_winograd = groups == 1 and _gains(slice(0, count), kernel, geometry.flipped(sizes))
    return by_winograd or reference.is_faster_flipped(count, kernel, sizes, geometry, groups)


def _by_winograd(x: Array, kernel: Array, y: Array, geometry: Geometry, pool: Geometry | None) -> bool:
    """Whether all outputs are finite; otherwise y is to be computed again."""
    x, g, pool_strides = np.ascontiguousarray(x), transform_kernel(kernel), (0, 0) if pool is None else pool.strides
    (channels, filters), (high, wide) = kernel.shape[-2:], (-(-size // 2) for size in geometry.outputs)  # numbers of tiles
    step = min(len(x), max(1, _CHUNK // (16 * high * wide * (channels + filters))))  # rows at a time
    padded = empty((step, 2 * high + 2, 2 * wide + 2, channels), x.dtype)
    padded.fill(0)
    d, m = (empty((16, step * high * wide, depth), x.dtype) for depth in (channels, filters))
    outputs = empty((step if pool is not None else 0, *geometry.outputs, filters), x.dtype)
    above, left, down, right = *geometry.before, *pool_strides
    return run_with_blas_threads(1, lambda: _winograd_loop(x, g, y, above, left, down, right, padded, d, m, outputs))


@compile_loops
def _winograd_loop(
    x: Array,
    g: Array,
    y: Array,
    above: int,
    left: int,
    pool_down: int,
    pool_right: int,
    padded: Array,
    d: Array,
    m: Array,
    outputs: Array,
) -> bool:
    """Whether all outputs, (rows, height, width, filters), are finite."""
    step, tiles = len(padded), (padded.shape[1] // 2 - 1) * (padded.shape[2] // 2 - 1)
    for start in range(0, len(x), step):
        rows = min(step, len(x) - start)
        _pad(x[start : start + rows], padded, above, left)
        transform_inputs(padded[:rows], d)
        for i in range(16):  # (tiles, channels) @ (channels, filters) -> (tiles, filters)
            np.dot(d[i, : rows * tiles], g[i], m[i, : rows * tiles])
        z = outputs[:rows] if pool_down else y[start : start + rows]
        transform_outputs(m, z)
        if not _is_finite(z.reshape(-1)):
            return False
        if pool_down:
            max_pool_2x2(z, y[start : start + rows], pool_down, pool_right)
    return True


@compile_within
def _pad(x: Array, padded: Array, above: int, left: int) -> None:
    """`x` into `padded`, whose border stays 0, as far as it reaches."""
    rows, columns = min(x.shape[1], padded.shape[1] - above), min(x.shape[2], padded.shape[2] - left)
    for n in range(len(x)):
        for i in range(rows):
            for j in range(columns):
                for c in range(x.shape[3]):
                    padded[n, above + i, left + j, c] = x[n, i, j, c]


@compile_within
def _is_finite(z: Array) -> bool:
    wrong = 0
    for k in range(z.size):
        wrong += 0 if abs(z[k]) < math.inf else 1
    return wrong == 0
