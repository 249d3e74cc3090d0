"""Outputs of code with `call` that are structures in one another: their paths, and what is given for them, as lists."""

from collections.abc import Mapping, Sequence

from minidl.config.nest import flatten, is_structure
from minidl.config.tree import is_nested, leaves, pack, values_at, with_keys
from minidl.config.types import Tensors


def output_paths(structure: object) -> list[tuple[object, ...]]:
    """The keys that lead to each output.

    Args:
        structure: of what `call` returned, with numbers for tensors, `None` for `None`; or `None` if it is flat.
    Returns:
        Nothing for a flat structure.
    Example:
        >>> output_paths({"a": 0, "b": [1, None]})
        [('a',), ('b', 0)]
    """
    return [path for path, number in with_keys(structure) if number is not None] if is_nested(structure) else []


def names_of_outputs(result: Tensors, paths: Sequence[Sequence[object]]) -> tuple[list[str], bool]:
    """A name for each output: its path, its key in a flat dict, or a number from 1; and whether keys of logs contain it.

    Args:
        result: of `call`, flat.
        paths: the result of `output_paths`.
    """
    if paths:
        return ["/".join(map(str, path)) for path in paths], False
    if isinstance(result, Mapping):
        return list(result), True
    if not is_structure(result):
        return ["output"], True
    return [f"output_{number}" for number in range(1, len(result) + 1)], False


def listed_like(structure: object, given: object) -> Tensors:
    """What is given for the outputs in their structure, such as targets, as a list; anything else unchanged."""
    values = values_at(structure, given) if is_nested(structure) else None
    if values is None:
        return given
    return [value for value, number in zip(values, leaves(structure), strict=True) if number is not None]


def packed_like(structure: object, outputs: object) -> Tensors:
    """The outputs in their structure; those that have it already are returned unchanged."""
    tensors = flatten(outputs)
    if is_nested(outputs) or len(tensors) != len(output_paths(structure)):
        return outputs
    return pack(structure, [None if number is None else tensors[number] for number in leaves(structure)])


def keys_of_losses(paths: Sequence[Sequence[object]], names: Sequence[str]) -> list[str]:
    """The keys that lead to each output, joined; a name instead of the number of an output in a list."""
    ends = [name if isinstance(path[-1], int) else path[-1] for path, name in zip(paths, names, strict=True)]
    return ["/".join(map(str, [*path[:-1], end])) for path, end in zip(paths, ends, strict=True)]
