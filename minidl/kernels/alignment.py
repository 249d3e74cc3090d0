"""Vectors that start at a cache line.

NumPy's arrays start anywhere, large ones 16 bytes behind the start of a memory page. Loops over several vectors of which each
part lies in two cache lines take two to three times as long, and a fifth more if all of them start at the same line of their
pages: such a line is written and another one read from the same place in the cache.
"""

import numpy as np

from minidl.config.types import Array, DType

LINE, PAGE = 64, 4096  # bytes
_STEP = PAGE // 4 + LINE  # bytes from place to place
_LEAST = 4 * PAGE  # bytes; shorter vectors gain nothing


def aligned_zeros(size: int, dtype: DType, place: int = 0) -> Array:
    """`np.zeros(size, dtype)` from a cache line on; vectors that are used together have different numbers as `place`."""
    length = size * dtype.itemsize
    if length < _LEAST:
        return np.zeros(size, dtype)
    memory = np.zeros(length + PAGE, np.uint8)
    start = (place * _STEP - memory.__array_interface__["data"][0]) % PAGE
    return memory[start : start + length].view(dtype)


def aligned_copy(vector: Array, place: int = 0) -> Array:
    """A copy of a vector from a cache line on."""
    copy = aligned_zeros(vector.size, vector.dtype, place)
    copy[:] = vector
    return copy
