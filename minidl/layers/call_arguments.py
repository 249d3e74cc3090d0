"""Separate the arguments of a `call` into tensors and options, and join them again."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.config.types import JSON, Array, Options, Shape, Tensors
from minidl.graph.layer_array import mask_of
from minidl.graph.shapes import is_shape
from minidl.graph.symbolic import SymbolicTensor

_TENSORS = (Tensor, np.ndarray)


def separate(args: tuple[object, ...], kwargs: Options) -> tuple[Tensors, Options]:
    """The tensors among the arguments of a call, and its options.

    If a tensor, or one list or dict of them, is the only tensor argument, it is returned unchanged. Otherwise the tensors are
    returned as a list, and the option `arguments` holds the placeholder `{"tensor": number}` for each.
    """
    if len(args) == 1 and not _is_nested(args[0]) and not any(_holds(value, _TENSORS) for value in kwargs.values()):
        return args[0], kwargs
    symbolic = any(_holds(value, SymbolicTensor) for value in (*args, *kwargs.values()))
    tensors: list[object] = []

    def template(value: object) -> object:
        if isinstance(value, SymbolicTensor) or (not symbolic and isinstance(value, _TENSORS)):
            tensors.append(value)
            return {"tensor": len(tensors) - 1}
        if isinstance(value, (list, tuple)):
            return [template(item) for item in value]
        return {key: template(item) for key, item in value.items()} if isinstance(value, dict) else value

    first = [np.asarray(arg) if _is_numbers(arg) and not symbolic else arg for arg in args]
    return tensors, {"arguments": {"args": template(first), "kwargs": template(kwargs)}}


def combine(x: Tensors, arguments: dict[str, object] | None, options: Options) -> tuple[list[Tensors], Options]:
    """The positional and keyword arguments for the tensors and options returned by `separate`."""
    if arguments is None:
        return [x], options

    def fill(value: object) -> Tensors:
        if isinstance(value, dict):
            return x[value["tensor"]] if set(value) == {"tensor"} else {key: fill(item) for key, item in value.items()}
        return [fill(item) for item in value] if isinstance(value, (list, tuple)) else value

    return fill(arguments["args"]), fill(arguments["kwargs"]) | options


def in_order(function: Callable[..., object], args: tuple[object, ...], kwargs: Options) -> tuple[tuple[object, ...], Options]:
    """The arguments of a call: the first parameter, given by name alone, becomes positional; others keep their order."""
    known = list(inspect.signature(function).parameters)
    if not args and list(kwargs) == known[:1]:
        return (kwargs[known[0]],), {}
    names = [name for name in known if name in kwargs]
    return args, {name: kwargs[name] for name in names} | kwargs


def build_shapes(layer: Any, shapes: list[Shape], arguments: JSON = None) -> dict[str, object]:
    """The arguments of `build` for a call on several tensors: `a_shape` for the argument `a`, or the first argument's shape.

    Without `arguments`, the template of the call from `separate`, the tensors are the first arguments, or one list of them.
    """
    wanted = list(inspect.signature(layer.build).parameters)
    names = list(inspect.signature(layer.call).parameters)
    if arguments is None and len(shapes) != layer._required_arguments:
        return {wanted[0]: shapes}
    given = dict(zip(names, shapes, strict=False))
    if arguments is not None:
        args, kwargs = combine(shapes, arguments, {})
        given = {name: one for name, one in {**dict(zip(names, args, strict=False)), **kwargs}.items() if _holds_shape(one)}
    if len(wanted) == 1:
        return {wanted[0]: next(iter(given.values()))}
    return {f"{name}_shape": shape for name, shape in given.items() if f"{name}_shape" in wanted}


def masks_of_arguments(
    function: Callable[..., object], names: tuple[str, ...], args: Sequence[object], kwargs: Options
) -> Options:
    """For each argument such as `query_mask` that is not given, the mask of the tensor `query`."""
    given = inspect.signature(function).bind_partial(*args, **kwargs).arguments
    return {name: _mask_of(given.get(name.removesuffix("_mask"))) for name in names if name not in given}


def _mask_of(tensor: object) -> Array | None:
    return getattr(tensor, "mask", None) if isinstance(tensor, Tensor) else mask_of(tensor)


def _holds_shape(value: object) -> bool:
    """Whether this is a shape, or a structure with shapes in it."""
    if isinstance(value, dict):
        return any(map(_holds_shape, value.values()))
    return (is_shape(value) and value != ()) or (isinstance(value, (list, tuple)) and any(map(_holds_shape, value)))


def names_of(function: Callable[..., object]) -> frozenset[str]:
    """The names of a function's arguments."""
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a builtin without a signature
        return frozenset()


def default_of(function: Callable[..., object], name: str) -> bool | None:
    """The default of a function's argument; `None` if it has none."""
    parameter = inspect.signature(function).parameters.get(name)
    return None if parameter is None or parameter.default is parameter.empty else parameter.default


def count_required(function: Callable[..., object]) -> int:
    """The number of a function's positional arguments without a default, `training` and `mask` apart."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is p.empty and p.name not in ("training", "mask") for p in parameters)


def _holds(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Whether this is of one of these kinds, or a structure with such a value in it."""
    if isinstance(value, dict):
        return any(_holds(item, kinds) for item in value.values())
    return any(_holds(item, kinds) for item in value) if isinstance(value, (list, tuple)) else isinstance(value, kinds)


def _is_nested(value: object) -> bool:
    """Whether this is a structure with tensors in structures in it."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return any(isinstance(item, (list, tuple, dict)) and _holds(item, _TENSORS) for item in members)


def _is_numbers(value: object) -> bool:
    """Whether this is an array written as a list of nested numbers."""
    if not isinstance(value, (list, tuple)):
        return False
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (bool, int, float))
