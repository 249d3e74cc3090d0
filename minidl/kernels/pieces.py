"""Elementwise arithmetic of many passes, piece by piece: a piece stays in a core's cache, and pieces run on all threads."""

from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.kernels.threads import in_parallel

PIECE = 1 << 15  # elements; a few arrays of so many fit into the cache, and an operation outweighs its call


def by_pieces(function: Callable[..., Array], *arrays: Array) -> Array:
    """`function(*arrays)`, for one that treats element by element arrays of one shape and dtype; theirs is the result's.

    Pieces are the same whatever the number of threads, and so is the result.
    """
    first = arrays[0]
    if first.size <= 2 * PIECE:
        return np.asarray(function(*arrays))
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    y = np.empty(first.shape, first.dtype)
    out = y.reshape(-1)

    def work(piece: slice) -> None:
        out[piece] = function(*(array[piece] for array in flat))

    in_parallel(work, [slice(start, start + PIECE) for start in range(0, first.size, PIECE)])
    return y
