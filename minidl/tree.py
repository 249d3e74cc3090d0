"""Nested structures of lists, tuples and dicts: flatten them, map over them, and pack them again."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from minidl.config.missing_names import attribute_error
from minidl.config.nest import is_structure
from minidl.config.tree import members, with_keys

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)

Path = tuple[Any, ...]


class MAP_TO_NONE:  # noqa: N801  # Keras's name
    """Returned by the function given to `traverse` to replace a part by `None`.

    Example:
        >>> traverse(lambda part: MAP_TO_NONE if part == 2 else None, [1, 2])
        [1, None]
    """


def is_nested(structure: object) -> bool:
    """Whether it is a list, tuple or dict.

    Example:
        >>> is_nested([1]), is_nested(1)
        (True, False)
    """
    return is_structure(structure)


def traverse(func: Callable[..., object], structure: object, top_down: bool = True) -> Any:
    """Call `func` on each part of a structure; what it returns replaces the part, unless it is `None`.

    Args:
        func: function of one part; it returns `MAP_TO_NONE` to replace it by `None`.
        structure: any value.
        top_down: whether a list is visited before its members, which are then not visited if it is replaced.
    Example:
        >>> traverse(lambda part: len(part) if isinstance(part, tuple) else None, [(1, 2), 3])
        [2, 3]
    """
    if not callable(func):
        raise TypeError(f"traverse expects a function, got {func!r}")
    if not top_down:
        structure = _map_members(lambda member: traverse(func, member, False), structure)
    found = func(structure)
    if found is not None:
        return None if found is MAP_TO_NONE else found
    return _map_members(lambda member: traverse(func, member), structure) if top_down else structure


def flatten_with_path(structure: object) -> list[tuple[Path, Any]]:
    """The leaves in order, each with the keys and indices that lead to it.

    Example:
        >>> flatten_with_path({"b": 1, "a": [2]})
        [(('a', 0), 2), (('b',), 1)]
    """
    return list(with_keys(structure))


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; those of a dict in the order of its sorted keys.

    Example:
        >>> flatten({"b": 1, "a": [2, (3, None)]})
        [2, 3, None, 1]
    """
    return [leaf for _, leaf in flatten_with_path(structure)]


def pack_sequence_as(structure: object, flat_sequence: Sequence[object]) -> Any:
    """Leaves in the structure of `structure`: the inverse of `flatten`.

    Raises:
        ValueError: another number of leaves.
    Example:
        >>> pack_sequence_as({"b": 1, "a": [2]}, ["x", "y"])
        {'b': 'y', 'a': ['x']}
    """
    expected = len(flatten(structure))
    if len(flat_sequence) != expected:
        raise ValueError(f"pack_sequence_as expects {expected} leaves for this structure, got {len(flat_sequence)}")
    return _packed(structure, iter(flat_sequence))


def map_structure(func: Callable[..., object], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Apply a function to the leaves of one structure, or to those of several of the same structure.

    Args:
        func: function of as many arguments as there are structures.
        *structures: one or more.
        none_is_leaf: whether `func` is called for `None`; otherwise it stays `None`.
    Example:
        >>> map_structure(lambda x, y: x + y, {"a": (1, 2)}, {"a": (10, 20)})
        {'a': (11, 22)}
    """
    if not structures:
        raise ValueError("map_structure expects at least one structure")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)
    leaves = zip(*(flatten(structure) for structure in structures), strict=True)
    mapped = [None if not none_is_leaf and all(leaf is None for leaf in row) else func(*row) for row in leaves]
    return pack_sequence_as(structures[0], mapped)


def map_structure_up_to(shallow_structure: object, func: Callable[..., object], *structures: Any) -> Any:
    """Apply a function to the parts of structures that are leaves of `shallow_structure`.

    Example:
        >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
        [2, 1]
    """
    parts = zip(*(_up_to(shallow_structure, structure) for structure in structures), strict=True)
    return pack_sequence_as(shallow_structure, [func(*row) for row in parts])


def map_shape_structure(func: Callable[..., object], structure: object) -> Any:
    """Apply a function to each shape, a list or tuple of sizes, of a structure.

    Example:
        >>> map_shape_structure(len, {"a": (2, 3), "b": [(None,)]})
        {'a': 2, 'b': [1]}
    """
    if isinstance(structure, (list, tuple)) and all(size is None or isinstance(size, int) for size in structure):
        return func(tuple(structure))
    if not is_nested(structure):
        raise ValueError(f"map_shape_structure expects shapes, got {structure!r}")
    return _map_members(lambda member: map_shape_structure(func, member), structure)


def lists_to_tuples(structure: object) -> Any:
    """The structure with a tuple for each list.

    Example:
        >>> lists_to_tuples({"a": [1, [2]]})
        {'a': (1, (2,))}
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def assert_same_structure(a: object, b: object, check_types: bool | None = None) -> None:
    """Raise ValueError unless both have the same kinds, lengths and keys at every level; the leaves may differ.

    Args:
        a: any structure.
        b: the other one.
        check_types: deprecated in Keras, ignored.
    Example:
        >>> assert_same_structure([1, (2, 3)], [4, (5, 6)])
    """
    if is_nested(a) != is_nested(b) or (is_nested(a) and not _same_kind(a, b)):
        raise ValueError(f"structures differ: a {type(a).__name__} and a {type(b).__name__}: {a!r} and {b!r}")
    if not is_nested(a):
        return
    keys, others = ([key for key, _ in members(structure)] for structure in (a, b))
    if keys != others:
        raise ValueError(f"structures differ: keys {keys} and {others} of {a!r} and {b!r}")
    for (_, one), (_, other) in zip(members(a), members(b), strict=True):
        assert_same_structure(one, other)


def assert_same_paths(a: object, b: object) -> None:
    """Raise ValueError unless the same keys and indices lead to the leaves of both; a list may match a tuple.

    Example:
        >>> assert_same_paths({"a": 1}, {"a": 2})
    """
    paths, others = ({path for path, _ in flatten_with_path(structure)} for structure in (a, b))
    if paths != others:
        raise ValueError(f"structures differ: only in the first {paths - others}, only in the second {others - paths}")


def _map_members(function: Callable[[Any], object], structure: Any) -> Any:
    """A structure of the same kind with `function(member)` for each member; a leaf is returned unchanged."""
    if not is_nested(structure):
        return structure
    mapped: dict[Any, Any] = {key: function(member) for key, member in members(structure)}
    if isinstance(structure, Mapping):
        ordered = {key: mapped[key] for key in structure}
        return OrderedDict(ordered) if isinstance(structure, OrderedDict) else ordered
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*mapped.values())
    return type(structure)(mapped.values())


def _packed(structure: object, leaves: Iterator[object]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return _map_members(lambda member: _packed(member, leaves), structure)


def _up_to(shallow: object, structure: object) -> list[Any]:
    """The parts of a structure that are leaves of a shallow one."""
    if not is_nested(shallow):
        return [structure]
    if not is_nested(structure) or len(members(shallow)) != len(members(structure)):
        raise ValueError(f"structure {structure!r} does not begin like {shallow!r}")
    pairs = zip(members(shallow), members(structure), strict=True)
    return [part for (_, one), (_, other) in pairs for part in _up_to(one, other)]


def _same_kind(a: object, b: object) -> bool:
    return (isinstance(a, Mapping) and isinstance(b, Mapping)) or type(a) is type(b)
