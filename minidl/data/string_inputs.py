"""String inputs: convert text to arrays of strings."""

from typing import Any

import numpy as np

from minidl.config.types import Array


def text_kept(value: object) -> Any:
    """Convert a list of strings to an object array, so that one long text does not widen all; anything else is returned."""
    leaf = value
    while isinstance(leaf, (list, tuple)) and len(leaf) > 0:
        leaf = leaf[0]
    return np.array(value, dtype=object) if isinstance(leaf, (str, bytes)) and leaf is not value else value


def gathered(value: object) -> Array:
    """Convert any input to an array."""
    return np.asarray(text_kept(value))


def is_text(array: Array) -> bool:
    """Whether an array holds only strings: fixed-width, StringDType, bytes, or Python strings."""
    kind = getattr(getattr(array, "dtype", None), "kind", "")
    if kind != "O":
        return kind in "UST" and kind != ""
    return set(map(type, array.ravel())) <= {str, bytes, np.str_, np.bytes_}


def first_not_text(array: Array) -> tuple[int, object]:
    """The row and value of the first object that is not a string, such as a missing value."""
    place = next(i for i, item in enumerate(array.ravel()) if not isinstance(item, (str, bytes)))
    return int(np.unravel_index(place, array.shape)[0]), array.ravel()[place]


def as_strings(array: Array, encoding: str = "utf-8") -> list[str]:
    """The elements of an array of strings as a flat list of Python strings; bytes are decoded."""
    items: list[Any] = array.ravel().tolist()
    if array.dtype.kind in "UT":
        return items
    return [item.decode(encoding) if isinstance(item, bytes) else item for item in items]
