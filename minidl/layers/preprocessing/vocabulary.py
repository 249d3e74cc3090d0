"""Vocabularies: order of the terms, inverse document frequency, and reading them from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.config.types import Array

if TYPE_CHECKING:
    from os import PathLike


def ranked(counts: Counter[Any]) -> list[int | str]:
    """The terms, most frequent first, ties in descending order, as in Keras.

    Example:
        >>> ranked(Counter(["b", "a", "c", "b"]))
        ['b', 'c', 'a']
    """
    return sorted(counts, key=lambda term: (counts[term], term), reverse=True)


def inverse_document_frequency(documents_with: Array, documents: int) -> Array:
    """Inverse document frequency of each term: `log(1 + documents / (1 + documents with the term))`."""
    return np.log(1.0 + documents / (1.0 + documents_with))


def repeated(terms: Sequence[object]) -> list[object]:
    """The terms that occur more than once."""
    return [term for term, count in Counter(terms).items() if count > 1] if len(set(terms)) < len(terms) else []


def read_terms(path: str | PathLike[str], encoding: str) -> list[str]:
    """The lines of a text file, one term each; empty lines at the end are ignored."""
    lines = Path(path).read_text(encoding=encoding).split("\n")
    while lines and lines[-1] == "":
        lines.pop()
    return lines
