"""Shapes: of nested inputs, and of the outputs of layers that do not announce them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from minidl.config.types import Shape

_TRIED = (8, 9)  # two sizes for every unknown axis: large enough for most kernels, different everywhere


def held_by(value: Any, kind: type) -> Iterator[Any]:
    """Every object of that kind in a value: itself, or in lists, tuples and dicts of any depth."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from held_by(item, kind)


def map_structure(function: Callable[[Any], Any], x: Any) -> Any:
    """Apply a function to an array, or to each member of a list, tuple or dict of arrays; `None` stays."""
    if x is None:
        return None
    if isinstance(x, dict):
        return {key: map_structure(function, item) for key, item in x.items()}
    if isinstance(x, tuple) or (isinstance(x, list) and holds_tensors(x)):
        return type(x)(map_structure(function, item) for item in x)
    return function(x)


def holds_tensors(x: Iterable[Any]) -> bool:
    """Whether a list is several tensors rather than one written as nested numbers."""
    return any(hasattr(item, "shape") and item.shape != () for item in x)


def shape_of(x: Any) -> Any:
    """Shape of an array; list or dict of shapes for several."""
    if hasattr(x, "shape"):
        return tuple(x.shape)
    if isinstance(x, dict):
        return {key: shape_of(item) for key, item in x.items()}
    return [shape_of(item) for item in x]


def is_shape(shape: Any) -> bool:
    """Whether this is one shape, a tuple of sizes, rather than several of them."""
    return isinstance(shape, tuple) and all(size is None or isinstance(size, (int, np.integer)) for size in shape)


def infer_output_shape(layer: Any, input_shape: Any) -> Any:
    """Find a layer's output shape by running it on two sizes of every unknown axis; its state is put back.

    Raises:
        ValueError: the layer fails on the arrays tried; it can say its shape in `compute_output_shape`.
    """
    layer.build_for(input_shape)
    outcomes = []
    for size in _TRIED:
        dtype = {"any": "int64", "string": "U1"}.get(layer.input_dtype, layer.dtype)
        x = _zeros(input_shape, size, dtype)
        try:
            with layer.preserved_state(), np.errstate(all="ignore"):
                outcomes.append(layer.infer(x))
        except Exception as error:
            error.add_note(
                f"minidl ran {layer.title} on zeros of shape {shape_of(x)} to find its output shape; "
                f"define compute_output_shape(input_shape) to say it instead"
            )
            raise
    return _compare(*outcomes)


def _zeros(shape: Any, size: int, dtype: str) -> Any:
    if is_shape(shape):
        return np.zeros([size if axis is None else axis for axis in shape], dtype)
    if isinstance(shape, dict):
        return {key: _zeros(item, size, dtype) for key, item in shape.items()}
    return [_zeros(item, size, dtype) for item in shape]


def _compare(one: Any, other: Any) -> Shape | list[Any]:
    if isinstance(one, (list, tuple)):
        return [_compare(a, b) for a, b in zip(one, other, strict=True)]
    return tuple(a if a == b else None for a, b in zip(one.shape, other.shape, strict=True))


def flatten_shapes(shapes: Any) -> list[Any]:
    """The shapes in a structure of them, in order; one alone becomes a list of one."""
    if is_shape(shapes):
        return [shapes]
    return list(shapes.values()) if isinstance(shapes, dict) else list(shapes)


def map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """Apply a function to one shape, or to each in a list or dict of them."""
    if is_shape(shapes):
        return function(shapes)
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    return [map_shapes(function, shape) for shape in shapes]
