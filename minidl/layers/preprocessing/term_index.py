"""Terms of a vocabulary, strings or integers: reading them from arrays, and looking up their indices."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.types import Array
from minidl.data.string_inputs import as_strings, gathered, is_text
from minidl.layers.preprocessing.hashes import buckets_of

UNKNOWN, DROPPED = -1, -2  # indices of unknown terms, and of terms that are dropped


class StringIndex:
    """The indices of strings.

    Args:
        terms: distinct strings.
        places: the index of each.
    Example:
        >>> StringIndex(["wind", "fire"], range(2, 4)).places(["fire", "wind", "water"])
        array([ 3,  2, -1])
    """

    def __init__(self, terms: Iterable[str], places: Iterable[int]) -> None:
        self._table = dict(zip(terms, places, strict=True))

    def places(self, tokens: Sequence[str]) -> Array:
        """Their indices, `UNKNOWN` for terms not in the vocabulary."""
        found = map(self._table.get, tokens, repeat(UNKNOWN))  # runs in C; sorting the strings would be several times slower
        return np.fromiter(found, np.int64, len(tokens))


class IntegerIndex:
    """The indices of integers, by binary search.

    Args:
        terms: distinct integers.
        places: the index of each.
    Example:
        >>> IntegerIndex([12, 7], range(2, 4)).places(np.array([7, 12, 5]))
        array([ 3,  2, -1])
    """

    def __init__(self, terms: Iterable[int], places: Iterable[int]) -> None:
        unsorted = np.array(list(terms), np.int64)
        order = np.argsort(unsorted)
        self._terms, self._places = unsorted[order], np.array(list(places), np.int64)[order]

    def places(self, tokens: Array) -> Array:
        """Their indices, `UNKNOWN` for terms not in the vocabulary."""
        near = np.minimum(np.searchsorted(self._terms, tokens), len(self._terms) - 1)
        return np.where(self._terms[near] == tokens, self._places[near], UNKNOWN)


class StringTerms:
    """Strings as terms.

    Args:
        title: the layer's title, for errors.
        encoding: encoding of bytes.
        salt: two integers that change the hash, or `None`.
    """

    dtype: type = object
    index = StringIndex

    def __init__(self, title: str, encoding: str = "utf-8", salt: Sequence[int] | None = None) -> None:
        self.title, self.encoding, self.salt = title, encoding, salt

    def checked(self, values: list[object]) -> list[str]:
        """The terms of a vocabulary; raises an error if one is not a string."""
        terms = [value.decode(self.encoding) if isinstance(value, bytes) else value for value in values]
        if wrong := [term for term in terms if not isinstance(term, str)]:
            raise TypeError(f"{self.title} expects a vocabulary of strings, got {wrong[0]!r}; write it as {str(wrong[0])!r}")
        return [str(term) for term in terms]

    def flat(self, x: Array) -> list[str]:
        """The strings of an array as a flat list."""
        if x.size > 0 and not is_text(x):
            fix = (
                "turn them into strings with .astype(str), or use IntegerLookup"
                if x.dtype.kind in "biuf"
                else "fill what is missing with ''"
            )
            raise TypeError(
                f"{self.title} takes strings, got an array of type {x.dtype} that holds {x.ravel()[:1].tolist()[0]!r}; {fix}"
            )
        return as_strings(x, self.encoding)

    def buckets(self, tokens: Sequence[str], unknown: Array, count: int) -> Array:
        """For each unknown token one of `count` indices, by its hash."""
        strings = [tokens[place] for place in unknown.tolist()]
        return buckets_of(strings, count, self.salt)


class IntegerTerms:
    """Integers as terms.

    Args:
        title: the layer's title, for errors.
        hashes: whether unknown numbers are hashed; otherwise the remainder of the division is used.
        salt: two integers that change the hash, or `None`.
    """

    dtype: type = np.int64
    index = IntegerIndex

    def __init__(self, title: str, hashes: bool = False, salt: Sequence[int] | None = None) -> None:
        self.title, self.hashes, self.salt = title, hashes, salt

    def checked(self, values: Sequence[Any]) -> list[int]:
        """The terms of a vocabulary, also as lines of a file; raises an error if one is not an integer."""
        if all(isinstance(value, str) for value in values) and all(_reads_as_integer(value) for value in values):
            return [int(value) for value in values]
        if wrong := [value for value in values if isinstance(value, (str, bytes)) or value is None]:
            raise TypeError(f"{self.title} expects a vocabulary of whole numbers, got {wrong[0]!r}; StringLookup takes strings")
        return [int(value) for value in self.flat(np.array(values)).tolist()]

    def flat(self, x: Array) -> Array:
        """The numbers of an array as a flat list."""
        return whole_numbers(self.title, x).ravel()

    def buckets(self, tokens: Array, unknown: Array, count: int) -> Array:
        """For each unknown token one of `count` indices, by its remainder or its hash."""
        found = tokens[unknown]
        return buckets_of([str(token) for token in found.tolist()], count, self.salt) if self.hashes else found % count


def whole_numbers(title: str, x: Array) -> Array:
    """An array as int64; raises an error for values that are not integers."""
    x = gathered(x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{title} takes whole numbers, got an array of type {x.dtype}; StringLookup takes strings")
    if x.dtype.kind == "f" and (wrong := ~(np.isfinite(x) & (x == np.floor(x)))).any():
        raise ValueError(f"{title} takes whole numbers, got {x[wrong][0]}; round it, or fill missing values")
    return x.astype(np.int64)


def check_salt(owner: str, salt: object) -> Sequence[int] | None:
    """The two integers of a salt; `None` stays `None`."""
    pair = (salt, salt) if is_integer(salt) else salt
    if pair is not None and (not isinstance(pair, (tuple, list)) or len(pair) != 2 or not all(map(is_integer, pair))):
        raise ValueError(f"{owner} expects salt to be an integer or two of them, got {salt!r}")
    return None if pair is None else list(pair)


def _reads_as_integer(line: str) -> bool:
    try:
        int(line)
    except ValueError:
        return False
    return True
