"""Nested structures: lists, tuples and dicts of tensors, flattened and packed again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def flatten(structure: object) -> list[Any]:
    """The members of a list, tuple or dict in order; a single value becomes a list of one."""
    if isinstance(structure, np.ndarray):  # isinstance(..., Mapping) is slow
        return [structure]
    if isinstance(structure, Mapping):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else [structure]


def rebuild(structure: object, members: Sequence[object]) -> Any:
    """Pack members into the structure of `structure`."""
    if isinstance(structure, np.ndarray):
        return members[0]
    if isinstance(structure, Mapping):
        return dict(zip(structure, members, strict=True))
    if hasattr(structure, "_make"):  # a named tuple
        return structure._make(members)
    return type(structure)(members) if isinstance(structure, (list, tuple)) else members[0]


def is_structure(value: object) -> bool:
    """True for a list, a tuple or a dict."""
    return not isinstance(value, np.ndarray) and isinstance(value, (list, tuple, Mapping))


def unpack(item: object) -> tuple[Any, Any, Any]:
    """A batch `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` as x, y and sample_weight, `None` where one is missing."""
    if isinstance(item, list) and len(item) in (2, 3) and all(getattr(part, "ndim", 0) > 0 for part in item):
        item = tuple(item)  # data loaders also give [x, y]
    if not isinstance(item, tuple):
        return item, None, None
    if not 1 <= len(item) <= 3:
        raise ValueError(f"a batch is (x, y) or (x, y, sample_weight), got a tuple of {len(item)}")
    return (*item, None, None)[:3]


def for_each_output(part: object, outputs: int) -> list[Any]:
    """One entry for each output, from a structure of them or one alone; `None` for each if there are none."""
    if part is None:
        return [None] * outputs
    members = flatten(part) if is_structure(part) else [part]
    if len(members) == 1 and outputs > 1:
        members = members * outputs
    if len(members) != outputs:
        raise ValueError(f"the model has {outputs} outputs, got {len(members)} arrays for them")
    return members
