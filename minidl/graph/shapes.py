"""Shapes of nested inputs and outputs: a tuple of sizes is one shape; lists and dicts hold several."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minidl.config.loading import take_example
from minidl.config.nest import rebuild
from minidl.config.tree import members, pack
from minidl.config.types import AnyShapes, Array, MaybeNone, Shape, T, Tensors


def map_structure(function: Callable[[Tensors], object], x: object) -> Tensors:
    """Apply a function to an array, or to each member of a list, tuple or dict of arrays; `None` is kept."""
    if x is None:
        return None
    if isinstance(x, dict):
        return {key: map_structure(function, item) for key, item in x.items()}
    if isinstance(x, tuple) or (isinstance(x, list) and holds_tensors(x)):
        return rebuild(x, [map_structure(function, item) for item in x])
    return function(x)


def holds_tensors(x: Iterable[object]) -> bool:
    """Whether a list is several tensors rather than one written as nested numbers."""
    return any(hasattr(item, "shape") and item.shape != () for item in x)


def shape_of(x: Tensors) -> AnyShapes:
    """Shape of an array; list or dict of shapes for several, in which the shape of `None` is `None`."""
    if x is None:
        return None
    if hasattr(x, "shape"):
        return tuple(x.shape)
    if isinstance(x, dict):
        return {key: shape_of(item) for key, item in x.items()}
    return [shape_of(item) for item in x]


def is_shape(shape: object) -> bool:
    """Whether this is one shape, a tuple of sizes, and not several shapes."""
    return isinstance(shape, tuple) and all(size is None or isinstance(size, (int, np.integer)) for size in shape)


def flatten_shapes(shapes: AnyShapes) -> list[Shape | MaybeNone]:
    """The shapes in a structure, which may be nested, as a list; a single shape becomes a list of one."""
    if is_shape(shapes):
        return [shapes]
    found = list(shapes.values()) if isinstance(shapes, dict) else list(shapes)
    if all(shape is None or is_shape(shape) for shape in found):
        return found
    return [shape for _, member in members(shapes) for shape in flatten_shapes(member)]


def nested_shapes(structure: object, shapes: AnyShapes) -> AnyShapes:
    """The listed shapes of inputs in the structure of these, if there is one."""
    return pack(structure, shapes) if structure is not None and isinstance(shapes, list) else shapes


def map_shapes(function: Callable[[Shape], object], shapes: AnyShapes) -> AnyShapes:
    """Apply a function to one shape, or to each in a list or dict of them; `None` is kept."""
    if shapes is None:
        return None
    if is_shape(shapes):
        return function(shapes)
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    return [map_shapes(function, shape) for shape in shapes]


def any_batch(shape: AnyShapes) -> AnyShapes:
    """The shape with an unknown batch size."""
    return map_shapes(lambda one: (None, *one[1:]), shape)


def zeros_like_inputs(shapes: AnyShapes, dtypes: Any, size: int) -> Tensors:
    """Arrays of zeros with these shapes, with `size` for every unknown axis; one dtype for all, or one for each."""
    if is_shape(shapes):
        return zeros_of(shapes, dtypes, size)
    if isinstance(shapes, dict):
        kinds = dict.fromkeys(shapes, dtypes) if isinstance(dtypes, str) else dtypes
        return {key: zeros_like_inputs(one, kinds[key], size) for key, one in shapes.items()}
    kinds = [dtypes] * len(shapes) if isinstance(dtypes, str) else dtypes
    return [zeros_like_inputs(one, kind, size) for one, kind in zip(shapes, kinds, strict=True)]


def compare_shapes(one: Tensors, other: Tensors) -> Tensors:
    """The common shape of two arrays; sizes in which they differ are unknown."""
    if isinstance(one, dict):
        return {key: compare_shapes(one[key], other[key]) for key in one}
    if isinstance(one, (list, tuple)):
        return (list if isinstance(one, list) else tuple)(compare_shapes(a, b) for a, b in zip(one, other, strict=True))
    return tuple(a if a == b else None for a, b in zip(one.shape, other.shape, strict=True))


def zeros_of(shape: Shape, dtype: str, size: int) -> Array:
    """An array of zeros of a shape, with `size` for every axis whose size is not known."""
    kind = "U1" if dtype == "string" else dtype
    sizes = [size if axis is None else axis for axis in shape]
    take_example("a layer", math.prod(sizes))
    return np.zeros(sizes, kind)


def run_for_two_sizes(run: Callable[[int], T]) -> tuple[T, T]:
    """The results of `run(size)` for two sizes of the unknown axes; the message of an error names neither of them."""
    results = []
    for size in (8, 9):  # large enough for most kernels, different everywhere
        try:
            results.append(run(size))
        except Exception as error:
            error.args = (_without_sizes(str(error), _other_message(run)), *error.args[1:])
            raise
    return results[0], results[1]


def _other_message(run: Callable[[int], object]) -> str:
    """The message of an error for another size; "" if it raises no error."""
    for size in (11, 13):
        try:
            run(size)
        except Exception as error:
            return str(error)
    return ""


def _without_sizes(one: str, other: str) -> str:
    """The message with `None` for the numbers in which two runs with different sizes differ."""
    parts, others = re.split(r"(\d+)", one), re.split(r"(\d+)", other)
    if len(parts) != len(others):
        return "this is not possible for every size of an axis whose size is not known"
    return "".join(part if part == same else "None" for part, same in zip(parts, others, strict=True))
