"""`Operation`: a function of tensors and its gradient, an entry of the table of operations."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from minidl.autodiff.table import NUMPY, TABLE
from minidl.autodiff.tensor import OperationHandler
from minidl.config.settings import floatx
from minidl.config.types import Array

Gradient = Callable[..., Any]


class Operation:
    """A function of tensors with its gradient.

    On arrays it computes the value. For tracked or symbolic tensors and variables, see `Tensor.apply`.

    Args:
        function: `function(*tensors, **options)`, on arrays.
        tensors: number of leading arguments that are tensors; the others are options.
        several: whether its first argument is a list of any number of tensors.
        differentiable: whether it has a gradient; comparisons and indices do not.
        name: its key in the table; by default the function's name without a trailing underscore.
    Attributes:
        gradients: one function `(dy, y, *tensors, **options) -> dx` for each tensor, or `None` without a gradient; a single
            one that returns a list if the number of tensors is variable.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        tensors: int = 1,
        several: bool = False,
        differentiable: bool = True,
        name: str | None = None,
    ) -> None:
        self.function, self.tensors, self.several, self.differentiable = function, tensors, several, differentiable
        self.gradients: tuple[Gradient | None, ...] = ()
        self.__name__ = name or function.__name__.rstrip("_")
        self.__qualname__, self.__module__, self.__doc__ = self.__name__, function.__module__, function.__doc__
        self.__wrapped__ = function  # help() and inspect.signature() show its arguments

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The function's arguments."""
        return inspect.signature(self.function)

    def register_backward(self, *gradients: Gradient | None) -> None:
        """Set the gradients, one for each tensor."""
        self.gradients = gradients

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors, options = self.bind(args, kwargs)
        handlers = _handlers_in([*tensors, *options.values()])
        return handlers[0].apply(self, tensors, options) if handlers else self.compute(tensors, options)

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The tensors among the arguments of a call, and its options with their defaults."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        names, given = list(bound.arguments), list(bound.arguments.values())
        first = 1 if self.several else self.tensors
        tensors = list(given[0]) if self.several else given[:first]
        return tensors, dict(zip(names[first:], given[first:], strict=True))

    def compute(self, tensors: list[Any], options: dict[str, Any]) -> Any:
        """Apply the function to arrays, lists and numbers; if all are numbers, floats get the dtype `floatx()`."""
        operands = [as_operand(tensor) for tensor in tensors]
        if not any(isinstance(operand, np.ndarray) for operand in operands):
            operands = [_in_float_type(np.asarray(operand)) for operand in operands]
        return self.forward(operands, options)

    def forward(self, tensors: list[Any], options: dict[str, Any]) -> Any:
        """Apply the function to these arrays."""
        return self.function(tensors, **options) if self.several else self.function(*tensors, **options)

    def backward(
        self, dy: Any, y: Any, tensors: list[Any], options: dict[str, Any], wanted: Iterable[bool]
    ) -> list[Array | None]:
        """The gradients of the requested tensors, each with its tensor's shape."""
        if not self.differentiable:
            return [None] * len(tensors)
        if self.several and self.gradients[0] is not None:
            return list(self.gradients[0](dy, y, *tensors, **options))
        return [
            _unbroadcast(np.shape(tensor), gradient(dy, y, *tensors, **options)) if wants and gradient is not None else None
            for tensor, gradient, wants in zip(tensors, self.gradients, wanted, strict=True)
        ]

    def __repr__(self) -> str:
        return f"<operation {self.__name__}>"


def operation(
    tensors: int = 1,
    several: bool = False,
    differentiable: bool = True,
    numpy: Callable[..., Any] | str | Iterable[Callable[..., Any]] = (),
) -> Callable[[Callable[..., Any]], Operation]:
    """Decorator that registers a function of arrays as an operation.

    Args:
        tensors, several, differentiable: as for `Operation`.
        numpy: the NumPy functions that are recorded as this operation, with the same order of arguments; SciPy functions by
            name.
    """

    def make(function: Callable[..., Any]) -> Operation:
        made = Operation(function, tensors, several, differentiable)
        TABLE[made.__name__] = made
        NUMPY.update(dict.fromkeys([numpy] if callable(numpy) or isinstance(numpy, str) else numpy, made))
        return made

    return make


def as_operand(value: Any) -> Any:
    """An array, or a Python number, which gets the dtype of the other operand."""
    if isinstance(value, (np.ndarray, bool, int, float)) or np.isscalar(value):
        return value
    return _in_float_type(np.asarray(value))


def _in_float_type(array: Array) -> Array:
    return array.astype(floatx()) if array.dtype.kind == "f" else array


def _handlers_in(values: Iterable[Any]) -> list[OperationHandler]:
    """The tensors and variables among the values, also in lists and tuples; variables come last."""
    found: list[OperationHandler] = []
    _collect(values, found)
    return sorted(found, key=lambda handler: handler.is_variable) if len(found) > 1 else found


def _collect(values: Iterable[Any], found: list[OperationHandler]) -> None:
    for value in values:
        if isinstance(value, OperationHandler):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            _collect(value, found)


def _unbroadcast(shape: tuple[int, ...], gradient: Array) -> Array:
    """The gradient of a tensor of that shape: summed over the axes along which the tensor was broadcast."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
