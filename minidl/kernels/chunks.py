"""Elementwise arithmetic with many passes, chunk by chunk, so that a chunk stays in a core's cache.

Two threads were measured to be slower than one, as each operation takes only a few microseconds.
"""

from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels.memory import empty

CHUNK = 1 << 15  # elements; a few arrays of this size fit into the cache, and the call overhead is small


def in_chunks(function: Callable[..., Array], *arrays: Array) -> Array:
    """`function(*arrays)` for an elementwise function of arrays with one shape and dtype, which the result has too."""
    first = arrays[0]
    if first.size <= 2 * CHUNK:
        return np.asarray(function(*arrays))
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    y = empty(first.shape, first.dtype)
    out = y.reshape(-1)
    for start in range(0, first.size, CHUNK):
        piece = slice(start, start + CHUNK)
        out[piece] = function(*(array[piece] for array in flat))
    return y
