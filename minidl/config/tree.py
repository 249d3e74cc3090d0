"""Structures of any depth: lists, tuples and dicts in one another. Dicts are read in the order of their keys, as in Keras."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from minidl.config.nest import flatten, is_structure, rebuild


def is_nested(structure: object) -> bool:
    """Whether a member of the structure is a structure itself."""
    return is_structure(structure) and any(map(is_structure, flatten(structure)))


def holds_arrays(structure: object) -> bool:
    """Whether this is a structure with structures of arrays inside, and no nested list of numbers."""
    return is_nested(structure) and any(getattr(leaf, "ndim", 0) > 0 for leaf in leaves(structure))


def leaves(structure: object) -> list[Any]:
    """The values of a structure, depth first."""
    return [value for _, value in with_keys(structure)]


def with_keys(structure: object, keys: tuple[int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The values of a structure, each with the keys and numbers that lead to it."""
    if not is_structure(structure):
        yield keys, structure
        return
    for key, member in members(structure):
        yield from with_keys(member, (*keys, key))


def members(structure: Any) -> list[tuple[Any, Any]]:
    """Keys and members of one list, tuple or dict; the keys of a dict are sorted, except those of an `OrderedDict`."""
    if not isinstance(structure, Mapping):
        return list(enumerate(structure))
    if isinstance(structure, OrderedDict):
        return list(structure.items())
    try:
        return [(key, structure[key]) for key in sorted(structure)]
    except TypeError:  # keys of several types
        return list(structure.items())


def pack(structure: object, values: Sequence[object]) -> Any:
    """Values, in the order of `leaves`, in the structure of `structure`."""
    return _packed(structure, iter(values))


def _packed(structure: Any, values: Iterator[object]) -> Any:
    if not is_structure(structure):
        return next(values)
    if isinstance(structure, Mapping):
        found = {key: _packed(member, values) for key, member in members(structure)}
        return {key: found[key] for key in structure}
    return rebuild(structure, [_packed(member, values) for member in structure])


def values_at(structure: Any, values: object) -> list[Any] | None:
    """The parts of `values` at the leaves of `structure`; `None` if it has another structure.

    A list may be given for a tuple, and the other way round.
    """
    if not is_structure(structure):
        return [values]
    if isinstance(structure, Mapping):
        if not isinstance(values, Mapping) or set(values) != set(structure):
            return None
        parts = [values_at(member, values[key]) for key, member in members(structure)]
    else:
        if not isinstance(values, (list, tuple)) or len(values) != len(structure):
            return None
        parts = [values_at(member, part) for member, part in zip(structure, values, strict=True)]
    return None if any(part is None for part in parts) else [value for part in parts if part is not None for value in part]


def alone(structure: object) -> object:
    """The element of a list of one: a model with one input or output takes and returns an array, as in Keras."""
    return structure[0] if isinstance(structure, (list, tuple)) and len(structure) == 1 else structure


def one_level(structure: object) -> Any:
    """The structure with its dict sorted, as its tensors are; a deeper one as a list."""
    if is_nested(structure):
        structure = leaves(structure)
    return dict(members(structure)) if isinstance(structure, Mapping) else alone(structure)
