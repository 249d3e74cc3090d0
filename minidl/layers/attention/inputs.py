"""The inputs of multi-head attention: query, value and key, their shapes and masks, from one tensor or a list."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from minidl.config.checks import is_integer
from minidl.config.nest import flatten
from minidl.config.types import Array

Shapes: TypeAlias = tuple[Any, Any, Any]  # of query, value and key


def shapes_of_three(title: str, first: object, value: object = None, key: object = None) -> Shapes:
    """Shapes of query, value and key; a single shape is all three, and the first may already be a list of them."""
    shape = first if value is None else [first, value] if key is None else [first, value, key]
    if not isinstance(shape, list) and not (isinstance(shape, tuple) and shape and isinstance(shape[0], tuple)):
        return shape, shape, shape
    if len(shape) < 2:
        raise ValueError(f"{title} expects a query and a value, got a list of one input, of shape {shape[0]}")
    return shape[0], shape[1], shape[2 if len(shape) > 2 else 1]


def check_shapes(title: str, shapes: Shapes, axes: tuple[int, ...], made_for: Sequence[int]) -> None:
    """Raise ValueError for shapes of query, value and key that do not fit one another or the projections.

    Args:
        title: of the layer, for errors.
        shapes: of query, value and key.
        axes: the axes over which attention is computed.
        made_for: the features that the projections of query, value and key take, once they are built.
    """
    query, value, key = shapes
    rank = len(query)
    if any(len(one) != rank or rank < 3 for one in shapes):
        raise ValueError(f"{title} expects query, value and key of shape (batch, steps, features), got shapes {list(shapes)}")
    if not all(0 < axis < rank - 1 for axis in axes):
        raise ValueError(f"{title} attends along axes {axes}, which must lie between batch and features, in {query}")
    for axis in range(rank - 1):
        if axis not in axes and len({one[axis] for one in shapes} - {None}) > 1:
            raise ValueError(f"{title} expects inputs of the same size along axis {axis}, got shapes {list(shapes)}")
        if len({value[axis], key[axis]} - {None}) > 1:
            raise ValueError(f"{title} expects a key for each value, got shapes {value} and {key} of value and key")
    for name, one, features in zip(("query", "value", "key"), shapes, made_for, strict=False):
        if one[-1] != features:
            raise ValueError(
                f"{title} expects a {name} of {features} features, got shape {one}; "
                f"its weights were made for {features} features a step"
            )


def tensors_and_masks(
    x: Array | list[Array], mask: Array | list[Array | None] | None
) -> tuple[list[Array], dict[str, Array | None], list[Array | None]]:
    """Query, value and key; their masks; and what follows them in x.

    A single tensor is all three; of two, the second is value and key.
    """
    tensors, carried = flatten(x), flatten(mask)
    if len(tensors) == 1:
        tensors, carried = tensors * 3, carried * 3
    elif len(tensors) == 2:
        tensors = [*tensors, tensors[1]]
    return tensors[:3], dict(zip(("query_mask", "value_mask", "key_mask"), carried, strict=False)), tensors[3:]


def check_integers(owner: str, argument: str, value: object, least: int) -> tuple[int, ...] | None:
    """One integer or several, as a tuple, each of at least `least`; `None` stays `None`."""
    if value is None:
        return None
    several = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    whole = all(is_integer(one, least) for one in several)
    if not several or not whole:
        raise ValueError(f"{owner} expects {argument} to be an integer of at least {least}, or several, got {value!r}")
    return tuple(int(one) for one in several)
