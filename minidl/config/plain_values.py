"""Arrays of texts, and keys, that a file holds as plain values: a small file must not make large or slow ones of them."""

import re
from collections.abc import Hashable, Sequence

import numpy as np

from minidl.config.dtypes import standardize_dtype
from minidl.config.types import Array

_WIDE, _WIDER = 1 << 22, 8  # characters that an array may have anyway, and how many for each of its texts
_EQUAL_HASHES = 1000


def text_array(values: object) -> Array:
    """An array of texts, in which NumPy gives each the width of the longest.

    Raises:
        ValueError: one is so much longer than the others that the array would be far larger than its texts.
    Example:
        >>> text_array(["a", "bcd"])
        array(['a', 'bcd'], dtype='<U3')
    """
    lengths = [len(str(text)) for text in np.asarray(values, object).ravel()]
    if len(lengths) * max(lengths, default=0) > _WIDE + _WIDER * sum(lengths):
        raise ValueError(
            f"an array of {len(lengths)} texts, the longest of {max(lengths)} characters, would be far larger than its texts"
        )
    return np.asarray(values, str)


def array_of(values: object, dtype: object) -> Array:
    """An array of numbers, booleans or texts; NumPy would also evaluate types such as "(50000000,)f4".

    Example:
        >>> array_of([1, 2], "float32")
        array([1., 2.], dtype=float32)
    """
    if isinstance(dtype, str) and re.fullmatch(r"[<>=|]?U\d*|str|string", dtype):
        return text_array(values)
    return np.asarray(values, dtype=object if dtype == "object" else standardize_dtype(dtype))


def checked_keys(keys: Sequence[Hashable]) -> Sequence[Hashable]:
    """Keys of a dict or set.

    Raises:
        ValueError: more than a thousand have the hash of another, so that finding one takes as many comparisons.
    Example:
        >>> checked_keys([1, "a"])
        [1, 'a']
    """
    if len(keys) - len(set(map(hash, keys))) > _EQUAL_HASHES:
        raise ValueError(f"of {len(keys)} keys, more than {_EQUAL_HASHES} have the same hash as another")
    return keys
