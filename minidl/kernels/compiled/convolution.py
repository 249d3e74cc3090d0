"""The gradient of a two-dimensional convolution's input; the inner loop runs over channels."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels import convolution as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.geometry import Geometry


def add_windows(dy: Array, kernel: Array, padded: Array, geometry: Geometry, groups: int = 1) -> None:
    """`convolution.add_windows`, as one product for all k, which is added in one pass."""
    if groups > 1 or len(geometry.kernel) != 2 or not are_plain(dy, kernel, padded):
        reference.add_windows(dy, kernel, padded, geometry, groups)
        return
    filters = dy.shape[1]
    columns = dy @ np.moveaxis(kernel, -2, 0).reshape(filters, -1)  # (windows, filters) @ (filters, kernel * channels)
    _add_windows(columns, padded, *geometry.kernel, *geometry.strides, *geometry.dilation, *geometry.outputs)


@compile_loops
def _add_windows(
    columns: Array,
    padded: Array,
    high: int,
    wide: int,
    down: int,
    right: int,
    apart: int,
    aside: int,
    rows: int,
    across: int,
) -> None:
    count, channels = len(padded), padded.shape[3]
    for n in range(count):
        for p in range(rows):
            for q in range(across):
                window = columns[(n * rows + p) * across + q]
                for i in range(high):
                    for j in range(wide):
                        pixel, first = padded[n, p * down + i * apart, q * right + j * aside], (i * wide + j) * channels
                        for c in range(channels):
                            pixel[c] += window[first + c]
