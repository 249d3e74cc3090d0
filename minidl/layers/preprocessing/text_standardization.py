"""Standardize texts, split them into tokens, and make n-grams."""

import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl.config.types import Array

STANDARDS = (None, "lower_and_strip_punctuation", "lower", "strip_punctuation")
SPLITS = (None, "whitespace", "character")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def standardized(texts: list[str], how: object) -> list[str]:
    """Convert texts to lower case, strip ASCII punctuation, or apply a function to an array of strings.

    Example:
        >>> standardized(["Don't PANIC!"], "lower_and_strip_punctuation")
        ['dont panic']
    """
    if callable(how):
        return _checked(how(np.array(texts, dtype=str)), len(texts), "standardize", "strings")
    if how in ("lower", "lower_and_strip_punctuation"):
        texts = list(map(str.lower, texts))
    if how in ("strip_punctuation", "lower_and_strip_punctuation"):
        texts = [text.translate(_WITHOUT_PUNCTUATION) for text in texts]
    return texts


def tokenized(texts: list[str], how: str | Callable[[Array], Array] | None) -> list[list[str]]:
    """Split each text into words or characters, or apply a function to an array of strings.

    Example:
        >>> tokenized(["so long", "fish"], "whitespace")
        [['so', 'long'], ['fish']]
    """
    if callable(how):
        return [
            _checked(row, None, "split", "strings")
            for row in _checked(how(np.array(texts, dtype=str)), len(texts), "split", "rows")
        ]
    return list(map(list if how == "character" else str.split, texts))


def n_grams(tokens: Sequence[str], widths: Sequence[int]) -> list[str]:
    """All n-grams of neighboring tokens, joined by spaces, for each width.

    Example:
        >>> n_grams(["to", "be", "or"], (1, 2))
        ['to', 'be', 'or', 'to be', 'be or']
    """
    grams: list[str] = []
    if isinstance(widths, range):
        widths = widths[: len(tokens)]
    for width in widths:
        if width > len(tokens):
            continue
        shifted = [tokens[start:] for start in range(width)]
        grams += map(" ".join, zip(*shifted, strict=False))
    return grams


def padded(rows: Sequence[Sequence[object]], flat: Array, width: int, filler: int) -> Array:
    """Ragged rows as an array (rows, width), padded at the end of each row.

    Args:
        rows: the rows, for their lengths.
        flat: a value for each element, as a flat list.
        width: at least the length of the longest row.
        filler: the padding value.
    """
    lengths = np.fromiter(map(len, rows), np.intp, len(rows))
    y = np.full((len(rows), width), filler, flat.dtype)
    y[np.arange(width) < lengths[:, np.newaxis]] = flat
    return y


def _checked(returned: Any, count: int | None, argument: str, what: str) -> list[str]:
    """The result of a user's function as a list; raises an error for a wrong length."""
    items = returned.ravel().tolist() if isinstance(returned, np.ndarray) and what == "strings" else list(returned)
    if count is not None and len(items) != count:
        raise ValueError(
            f"TextVectorization's {argument} function returned {len(items)} {what} for {count} texts; give one for each"
        )
    if what == "strings" and (wrong := [item for item in items if not isinstance(item, str)]):
        raise TypeError(f"TextVectorization's {argument} function returned {wrong[0]!r} where a string is expected")
    return items
