"""The positive part of an array: the whole of a rectified linear unit."""

import functools

import numpy as np

from minidl.config.types import Array, DType
from minidl.kernels.pieces import PIECE

_FEW = 1 << 11  # numbers that are through before zeros are at hand


def rectified(x: Array, out: Array | None = None) -> Array:
    """`max(x, 0)`, written to `out`, which may be x itself, or to a new array.

    NumPy compares two arrays with vector instructions, but an array and a number without: zeros to compare with make it three
    times as fast. They are as many as stay in a core's cache.
    """
    y: Array
    if x.size < _FEW:
        y = np.maximum(x, 0, out=out)
        return y
    y = np.empty_like(x) if out is None else out
    if not (x.flags.c_contiguous and y.flags.c_contiguous):
        return np.maximum(x, 0, out=y)
    zeros, flat, flat_y = _zeros(x.dtype), x.reshape(-1), y.reshape(-1)
    for start in range(0, x.size, PIECE):
        piece = flat[start : start + PIECE]
        np.maximum(piece, zeros[: piece.size], out=flat_y[start : start + PIECE])
    return y


@functools.cache
def _zeros(dtype: DType) -> Array:
    return np.zeros(PIECE, dtype)
