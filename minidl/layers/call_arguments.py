"""Separate the arguments of a `call` into tensors and options, and join them again."""

import inspect
from typing import Any

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.graph.symbolic import SymbolicTensor


def separate(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The tensors among the arguments of a call, and its options.

    If a tensor, or one structure of them, is the only tensor argument, it is returned unchanged. Otherwise the tensors are
    returned as a list, and the option `arguments` holds the placeholder `{"tensor": number}` for each.
    """
    if len(args) == 1 and not any(_holds_tensor(value) for value in kwargs.values()):
        return args[0], kwargs
    symbolic = any(_holds_symbol(value) for value in (*args, *kwargs.values()))
    tensors: list[Any] = []

    def template(value: Any) -> Any:
        if isinstance(value, SymbolicTensor) or (not symbolic and isinstance(value, (Tensor, np.ndarray))):
            tensors.append(value)
            return {"tensor": len(tensors) - 1}
        if isinstance(value, (list, tuple)):
            return [template(item) for item in value]
        return {key: template(item) for key, item in value.items()} if isinstance(value, dict) else value

    first = [np.asarray(arg) if _is_numbers(arg) and not symbolic else arg for arg in args]
    return tensors, {"arguments": {"args": template(first), "kwargs": template(kwargs)}}


def combine(x: Any, arguments: Any, options: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The positional and keyword arguments for the tensors and options returned by `separate`."""
    if arguments is None:
        return [x], options

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return x[value["tensor"]] if set(value) == {"tensor"} else {key: fill(item) for key, item in value.items()}
        return [fill(item) for item in value] if isinstance(value, (list, tuple)) else value

    return fill(arguments["args"]), fill(arguments["kwargs"]) | options


def names_of(function: Any) -> frozenset[str]:
    """The names of a function's arguments."""
    try:
        return frozenset(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a builtin without a signature
        return frozenset()


def count_required(function: Any) -> int:
    """The number of a function's positional arguments without a default, `training` and `mask` apart."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in kinds and p.default is p.empty and p.name not in ("training", "mask") for p in parameters)


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_tensor, value.values()))
    return any(map(_holds_tensor, value)) if isinstance(value, (list, tuple)) else isinstance(value, (Tensor, np.ndarray))


def _holds_symbol(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_symbol, value.values()))
    return any(map(_holds_symbol, value)) if isinstance(value, (list, tuple)) else isinstance(value, SymbolicTensor)


def _is_numbers(value: Any) -> bool:
    """Whether this is an array written as a list of nested numbers."""
    if not isinstance(value, (list, tuple)):
        return False
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (bool, int, float))
