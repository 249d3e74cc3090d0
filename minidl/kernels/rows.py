"""The largest number and the sum of every row.

NumPy takes a row at a time, which is slow where rows are short, as those of ten classes are. The numbers are then laid in
columns first, which it compares many at once, or summed by a product with ones.
"""

import numpy as np

from minidl.config.types import Array

_SHORT = 64  # numbers of a row, up to which the other way is faster
_TO_COMPARE, _TO_SUM = 32, 512  # rows from which it is


def largest(z: Array) -> Array:
    """The largest number of each row: (..., numbers) -> (..., 1)."""
    if z.shape[-1] > _SHORT or z.size < _TO_COMPARE * z.shape[-1]:
        return np.asarray(np.maximum.reduce(z, axis=-1, keepdims=True))
    found: Array = np.maximum.reduce(np.ascontiguousarray(z.reshape(-1, z.shape[-1]).T), axis=0)
    return found.reshape(*z.shape[:-1], 1)


def totals(z: Array) -> Array:
    """The sum of each row: (..., numbers) -> (..., 1)."""
    if z.shape[-1] > _SHORT or z.size < _TO_SUM * z.shape[-1]:
        return np.asarray(np.add.reduce(z, axis=-1, keepdims=True))
    found: Array = z.reshape(-1, z.shape[-1]) @ np.ones((z.shape[-1], 1), z.dtype)
    return found.reshape(*z.shape[:-1], 1)
