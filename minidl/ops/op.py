"""`Op`: a function of tensors with its gradient: computed at once on arrays, written down on symbolic tensors."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.graph.symbolic import Size, SymbolicTensor, connect
from minidl.operators import active_trace
from minidl.variable import Variable

Gradient = Callable[..., Any]

TABLE: dict[str, "Op"] = {}  # name -> the operation: what is covered, and what a saved graph may name


class Op:
    """A function of tensors that knows its gradient.

    Args:
        function: `function(*tensors, **options)`, on arrays.
        tensors: how many of its first arguments are tensors; the others are options.
        several: whether its first argument is a list of tensors of any number.
        differentiable: whether its output changes smoothly with its tensors; comparisons and indices do not.
    Attributes:
        function: the function itself, on arrays.
        gradients: one function `(dy, y, *tensors, **options) -> dx` for each tensor, `None` where there is no gradient; one
            for all, which returns a list, where their number is open.
    """

    def __init__(self, function: Callable[..., Any], tensors: int = 1, several: bool = False, differentiable: bool = True):
        self.function, self.tensors, self.several, self.differentiable = function, tensors, several, differentiable
        self.gradients: tuple[Gradient | None, ...] = ()
        self.__name__ = function.__name__.rstrip("_")
        self.__qualname__, self.__module__, self.__doc__ = self.__name__, function.__module__, function.__doc__
        self.__wrapped__ = function  # help() and inspect.signature() show its arguments
        self.signature = inspect.signature(function)
        TABLE[self.__name__] = self

    def has(self, *gradients: Gradient | None) -> None:
        """Say the gradients, one for each tensor."""
        self.gradients = gradients

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = list(bound.arguments.values())
        names = list(bound.arguments)
        tensors = list(given[0]) if self.several else given[: self.tensors]
        options = dict(list(zip(names, given, strict=True))[1 if self.several else self.tensors :])
        sizes: list[SymbolicTensor] = []
        options = {key: note_sizes(value, sizes) for key, value in options.items()}
        if active_trace() is not None or sizes or any(isinstance(tensor, SymbolicTensor) for tensor in tensors):
            found = [_found_in_trace(tensor) for tensor in tensors]
            if sizes or any(isinstance(tensor, (SymbolicTensor, Variable)) for tensor in found):
                return self._write_down(found, options, sizes)
        return self.forward(_as_arrays(tensors), options)

    def _write_down(self, tensors: list[Any], options: dict[str, Any], sizes: list[SymbolicTensor]) -> Any:
        """Add a node to the graph that is being drawn; tensors whose sizes the options need come in last."""
        from minidl.ops.operation import Operation

        sources = [*(tensor for tensor in tensors if isinstance(tensor, SymbolicTensor)), *sizes]
        operands = [None if isinstance(tensor, SymbolicTensor) else tensor for tensor in tensors]
        return connect(Operation(self.__name__, operands, options, [s.dtype for s in sources]), sources, {})

    def forward(self, tensors: list[Any], options: dict[str, Any]) -> Any:
        """The function of these arrays."""
        return self.function(tensors, **options) if self.several else self.function(*tensors, **options)

    def backward(self, dy: Any, y: Any, tensors: list[Any], options: dict[str, Any], wanted: list[bool]) -> list[Any]:
        """The gradients of the tensors that want one, each of its tensor's shape."""
        if not self.differentiable:
            return [None] * len(tensors)
        if self.several and self.gradients[0] is not None:
            return list(self.gradients[0](dy, y, *tensors, **options))
        return [
            _summed_to(np.shape(tensor), gradient(dy, y, *tensors, **options)) if wants and gradient is not None else None
            for tensor, gradient, wants in zip(tensors, self.gradients, wanted, strict=True)
        ]

    def __repr__(self) -> str:
        return f"<operation {self.__name__}>"


def op(tensors: int = 1, several: bool = False, differentiable: bool = True) -> Callable[[Callable[..., Any]], Op]:
    """Decorate a function of arrays: it becomes an operation."""
    return lambda function: Op(function, tensors, several, differentiable)


def _found_in_trace(tensor: Any) -> Any:
    """What a tensor means in the trace being made: a variable its latest value, a variable's own array the variable."""
    trace = active_trace()
    if trace is not None:
        if isinstance(tensor, np.ndarray):
            tensor = trace.variables.get(id(tensor), tensor)
        if isinstance(tensor, Variable):
            tensor = trace.latest.get(tensor, tensor)
    elif isinstance(tensor, Variable):
        return tensor  # beside symbolic tensors, when a model is drawn
    return tensor if isinstance(tensor, (SymbolicTensor, Variable)) else _as_operand(tensor)


def note_sizes(value: Any, tensors: list[SymbolicTensor]) -> Any:
    """An option with each size that is not known replaced by where to find it among these tensors."""
    if isinstance(value, Size):
        if value.tensor not in tensors:
            tensors.append(value.tensor)
        return {"size": [tensors.index(value.tensor), value.axis]}
    return type(value)(note_sizes(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value


def find_sizes(value: Any, tensors: list[Any]) -> Any:
    """The option, now that the tensors are there."""
    if isinstance(value, dict) and "size" in value:
        number, axis = value["size"]
        return tensors[number].shape[axis]
    return type(value)(find_sizes(item, tensors) for item in value) if isinstance(value, (list, tuple)) else value


def _as_operand(value: Any) -> Any:
    """An array, or a plain number, which takes the type of the array beside it."""
    if isinstance(value, Variable):
        return value.value
    if isinstance(value, (np.ndarray, bool, int, float)) or np.isscalar(value):
        return value
    array = np.asarray(value)
    return array.astype(floatx()) if array.dtype.kind == "f" else array


def _as_arrays(tensors: list[Any]) -> list[Any]:
    operands = [_as_operand(tensor) for tensor in tensors]
    if any(isinstance(operand, np.ndarray) for operand in operands):
        return operands
    arrays = [np.asarray(operand) for operand in operands]
    return [array.astype(floatx()) if array.dtype.kind == "f" else array for array in arrays]


def _summed_to(shape: tuple[int, ...], gradient: Array) -> Array:
    """The gradient of a tensor of that shape: summed over the axes along which it was repeated."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
