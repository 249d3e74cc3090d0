"""Checks that data is finite, a piece at a time: data may be larger than memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextvars import copy_context
from typing import Any

import numpy as np

from minidl.config.nest import flatten, is_structure
from minidl.config.types import Array, Options, Tensors
from minidl.data.unsupported_types import column_names

PIECE = 1 << 22  # elements per chunk: 16 MB of float32


def check_finite(parts: Options, given: Options | None = None) -> None:
    """Raise an error for NaN and infinity in arrays and sparse matrices; the message says where the first one is.

    Args:
        parts: arrays, or structures of them, by the names that the user knows them by.
        given: by the same names what the user gave, such as frames, whose columns have names.
    Raises:
        ValueError: one of them holds NaN or infinity.
    """
    for name, part in parts.items():
        for key, array in members(part):
            place = None if array is None else first_not_finite(array)
            if place is not None:
                names = column_names(_member((given or {}).get(name), key))
                raise ValueError(
                    f"{name}{key} holds {array[place]} {_where(place, names)}: {_fix(name, array, array[place], names)}"
                )


def members(part: Tensors) -> list[tuple[str, Tensors]]:
    """The arrays of a structure, each with its index as text: `["age"]`, `[0]`, or "" for an array alone."""
    if not is_structure(part):
        return [("", part)]
    keys = list(part) if isinstance(part, Mapping) else range(len(part))
    return [(f"[{key!r}]", member) for key, member in zip(keys, flatten(part), strict=True)]


def _member(structure: object, key: str) -> object:
    """The member that `_members` gave this index; `None` if the structure is of another form."""
    return dict(members(structure)).get(key)


def _where(place: tuple[int, ...], names: Sequence[object] | None) -> str:
    row = f"row {place[0]}"
    if len(place) == 1:
        return f"at {row}"
    if len(place) == 2:
        return f"at {row}, column {place[1] if names is None else repr(names[place[1]])}"
    return f"at {row}, position {place[1:]}"


def _fix(name: str, array: object, value: Any, names: Sequence[object] | None) -> str:
    if name == "y":
        return "a model cannot learn from NaN or infinity; leave out rows of unknown target, or give them a weight of 0"
    if np.isnan(value):
        fill = f"np.nan_to_num({name})" if names is None else f"{name}.fillna(0)"
        if hasattr(array, "indptr"):
            fill = f"{name}.data = np.nan_to_num({name}.data)"
        return f"a model cannot learn from NaN; drop such rows, or fill them, for example with {fill}"
    return "a model cannot learn from infinity; drop such rows, or replace it, for example by the largest finite value"


def first_not_finite(array: Any, piece: int = PIECE) -> tuple[int, ...] | None:
    """Where the first NaN or infinity is, or `None`; of a sparse matrix only what it stores is looked at."""
    if array.dtype.kind != "f":
        return None
    if hasattr(array, "indptr"):
        for start, values in _pieces(array.data, piece):
            if (number := _first(values)) is not None:
                stored = start + number
                row = int(np.searchsorted(array.indptr, stored, side="right")) - 1
                return row, int(array.indices[stored])
        return None
    for start, rows in _pieces(array, piece):
        if (number := _first(rows)) is not None:
            place = np.unravel_index(number, rows.shape)
            return start + int(place[0]), *(int(i) for i in place[1:])
    return None


def _pieces(array: Array, piece: int) -> Iterator[tuple[int, Array]]:
    """Views of consecutive rows, and the index of their first."""
    rows = max(1, piece * len(array) // max(array.size, 1))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]


def _first(values: Array) -> int | None:
    if copy_context().run(_has_finite_sum, values):  # in a context of its own, which a Ctrl-C cannot leave changed
        return None
    wrong = np.flatnonzero(~np.isfinite(values))
    return int(wrong[0]) if wrong.size else None


def _has_finite_sum(values: Array) -> bool:
    """Whether the sum is finite, which proves that all values are."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum()))
