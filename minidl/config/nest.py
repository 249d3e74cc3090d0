"""Nested structures: lists, tuples and dicts of tensors, flattened and packed again."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def flatten(structure: Any) -> list[Any]:
    """The members of a list, tuple or dict in order; a single value becomes a list of one."""
    if isinstance(structure, np.ndarray):  # asking whether something is a Mapping takes long
        return [structure]
    if isinstance(structure, Mapping):
        return list(structure.values())
    return list(structure) if isinstance(structure, (list, tuple)) else [structure]


def rebuild(structure: Any, members: list[Any]) -> Any:
    """Pack members into the structure of `structure`."""
    if isinstance(structure, np.ndarray):
        return members[0]
    if isinstance(structure, Mapping):
        return dict(zip(structure, members, strict=True))
    return type(structure)(members) if isinstance(structure, (list, tuple)) else members[0]


def is_structure(value: Any) -> bool:
    """True for a list, a tuple or a dict."""
    return not isinstance(value, np.ndarray) and isinstance(value, (list, tuple, Mapping))
