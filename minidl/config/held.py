"""The objects of a type that a value holds, also in lists, tuples and dicts."""

from collections.abc import Iterator
from typing import Any


def held_by(value: Any, kind: type) -> Iterator[Any]:
    """Every object of that type in a value: the value itself, or in nested lists, tuples and dicts."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from held_by(item, kind)
