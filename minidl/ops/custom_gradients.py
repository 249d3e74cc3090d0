"""`custom_gradient` and `jvp`: functions with a gradient of their own, and directional derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.autodiff import Operation, Recording, TrackedTensor, value_of
from minidl.autodiff.operation import handlers_in
from minidl.config.tree import leaves, pack
from minidl.config.types import Array, Tensors
from minidl.ops.control_flow import call_function

__all__ = ["custom_gradient", "jvp"]


def custom_gradient(f: Callable[..., Tensors]) -> Callable[..., Array]:
    """Decorator for a function with a gradient of its own: `f(*xs)` returns y and `gradient(dy)`, which returns dx.

    Example:
        >>> @custom_gradient
        ... def clipped(x):
        ...     return x, lambda dy: np.clip(dy, -1, 1)
        >>> clipped(np.array([3.0]))
        array([3.])
    """
    operation = Operation(lambda xs: f(*xs)[0], several=True, name=getattr(f, "__name__", "custom_gradient"))

    def gradients(dy: Array, y: Array, *xs: Any) -> list[Array]:
        found = f(*xs)[1](dy)
        return list(found) if isinstance(found, (list, tuple)) else [found]

    operation.register_backward(gradients)

    def run(*xs: Any) -> Array:
        if any(handler.is_symbolic for handler in handlers_in(xs)):
            return call_function(list(xs), run)
        return operation(list(xs))

    return run


def jvp(fun: Callable[..., Tensors], primals: Array, tangents: Array, has_aux: bool = False) -> Tensors:
    """The value of a function and its derivative in the direction of the tangents, in the structure that it returns.

    One backward pass for each element of the value: meant for functions with few outputs.

    Args:
        primals, tangents: lists of arguments, and of their directions.
        has_aux: whether the function returns a pair (value, anything else), which is then returned too.
    Example:
        >>> jvp(lambda x: x * x, [np.array([3.0])], [np.array([1.0])])
        (array([9.]), array([6.]))
    """
    recording = Recording("jvp")
    inputs = [recording.track(np.asarray(value_of(x))) for x in primals]
    with recording.active():
        found = fun(*inputs)
    y, aux = found if has_aux else (found, None)
    outputs = leaves(y)
    pairs = [_along(recording, output, inputs, tangents) for output in outputs]
    value, slope = (pack(y, list(column)) for column in (zip(*pairs, strict=True) if pairs else ([], [])))
    return (value, slope, pack(aux, [value_of(one) for one in leaves(aux)])) if has_aux else (value, slope)


def _along(recording: Recording, y: Tensors, inputs: list[TrackedTensor], tangents: Array) -> tuple[Array, Array]:
    """The value of one output, and its derivative in the direction of the tangents."""
    value = np.asarray(value_of(y))
    slope = np.zeros_like(value)
    if isinstance(y, TrackedTensor):
        for place in np.ndindex(value.shape):
            dy = np.zeros_like(value)
            dy[place] = 1
            gradients = recording.backward([y], [dy], inputs)
            slope[place] = sum(float(np.sum(dx * np.asarray(t))) for dx, t in zip(gradients, tangents, strict=True))
    return value, slope
