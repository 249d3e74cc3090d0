"""Whether data is finite, found out a piece at a time: data may be larger than memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array

PIECE = 1 << 22  # elements looked at in one go: 16 MB of float32


def check_finite(parts: dict[str, Any]) -> None:
    """Refuse NaN and infinity in arrays and sparse matrices, saying where the first one stands.

    Args:
        parts: arrays, or structures of them, by the names that the user knows them by.
    Raises:
        ValueError: one of them holds NaN or infinity.
    """
    for name, part in parts.items():
        for array in flatten(part):
            place = None if array is None else first_not_finite(array)
            if place is not None:
                raise ValueError(
                    f"{name} holds {array[place]} at row {place[0]}, position {place[1:]}: NaN and infinity cannot be "
                    f"learned from; drop such rows or fill them, for example with np.nan_to_num"
                )


def first_not_finite(array: Any) -> tuple[int, ...] | None:
    """Where the first NaN or infinity stands, or `None`; of a sparse matrix only what it stores is looked at."""
    if array.dtype.kind != "f":
        return None
    if hasattr(array, "indptr"):
        for start, values in _pieces(array.data):
            if (number := _first(values)) is not None:
                stored = start + number
                row = int(np.searchsorted(array.indptr, stored, side="right")) - 1
                return row, int(array.indices[stored])
        return None
    for start, rows in _pieces(array):
        if (number := _first(rows)) is not None:
            place = np.unravel_index(number, rows.shape)
            return start + int(place[0]), *(int(i) for i in place[1:])
    return None


def _pieces(array: Array) -> Iterator[tuple[int, Array]]:
    """Views of neighbouring rows, and the number of their first."""
    rows = max(1, PIECE * len(array) // max(array.size, 1))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]


def _first(values: Array) -> int | None:
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):  # a finite sum proves it in one pass
            return None
    wrong = np.flatnonzero(~np.isfinite(values))
    return int(wrong[0]) if wrong.size else None
