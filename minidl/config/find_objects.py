"""The objects of a type that a value holds, also in lists, tuples and dicts."""

from typing import Any


def find_objects(value: object, kind: type) -> list[Any]:
    """Every object of that type in a value: the value itself, or in nested lists, tuples and dicts."""
    if isinstance(value, kind):
        return [value]
    if not isinstance(value, (list, tuple, dict)):
        return []
    items = value.values() if isinstance(value, dict) else value
    kinds = (kind, list, tuple, dict)
    return [found for item in items if isinstance(item, kinds) for found in find_objects(item, kind)]
