"""`take_rows`: rows of an array by their numbers, whatever its memory layout."""

from minidl.config.types import Array


def take_rows(array: Array, numbers: Array) -> Array:
    """`array[numbers]`, by `take`, which is faster, unless it would first copy the whole array.

    It does so where the rows are not contiguous, as in a data frame, a transposed array or `data[:, :-1]`, or not aligned.
    """
    flags = array.flags
    return array.take(numbers, axis=0) if flags.c_contiguous and flags.aligned else array[numbers]
