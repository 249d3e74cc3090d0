"""Symbolic tensors: what a layer returns when it is called on a placeholder instead of an array."""

import inspect
from typing import Any, Protocol
from weakref import WeakKeyDictionary, ref

from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import Shape
from minidl.operators import Operators, active_trace, not_tracing


class LayerLike(Protocol):
    """All that a graph knows of a layer."""

    name: str
    output_dtype: str | None

    @property
    def dtype(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def has_penalty(self) -> bool: ...
    def build_for(self, input_shape: Any) -> None: ...
    def compute_output_shape(self, input_shape: Any) -> Any: ...
    def split_activation(self) -> Any: ...
    def _forward(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]: ...
    def _infer(self, x: Any, mask: Any = None, **options: Any) -> tuple[Any, Any]: ...
    def _backward(self, dy: Any, cache: Any, weights_only: bool = False) -> Any: ...
    def _penalty(self, cache: Any) -> float: ...


# NumPy's name of an operator whose left side is an array -> the method that takes it with sides changed.
_OF_ARRAYS = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "power": "__rpow__",
    "matmul": "__rmatmul__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
}


class SymbolicTensor(Operators):
    """A tensor that has a shape and a history but no values yet.

    Attributes:
        shape: sizes of the axes, `None` where unknown.
        dtype: name of the element type.
        node: the call that produces it; `None` for an input.
        name: shown in summaries and errors.
    """

    def __init__(self, shape: Shape, dtype: str, name: str, layer: LayerLike) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.name = name
        self.layer = layer
        self.node: Node | None = None

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise self._has_no_values("NumPy cannot compute with it")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and ufunc.__name__ in _OF_ARRAYS and not options and not isinstance(inputs[0], SymbolicTensor):
            return getattr(inputs[1], _OF_ARRAYS[ufunc.__name__])(inputs[0])  # array + symbol, as NumPy hands it over
        raise self._has_no_values(f"numpy.{ufunc.__name__} cannot compute with it")

    def __bool__(self) -> bool:
        raise self._has_no_values("a Python branch cannot depend on it")

    def __iter__(self) -> Any:
        raise self._has_no_values("a Python loop cannot run over it")

    def __len__(self) -> int:
        raise self._has_no_values("its number of rows is not known")

    def __float__(self) -> float:
        raise self._has_no_values("it is no Python number")

    __int__ = __index__ = __float__

    def _has_no_values(self, what: str) -> TypeError:
        return TypeError(
            f'the symbolic tensor "{self.name}" has no values yet: {what}; use minidl.ops (ops.exp, ops.where ...), operators '
            f"and layers, or, in a layer of your own, write forward and backward on arrays instead of call"
        )

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.name}, shape={self.shape}, dtype={self.dtype}>"


class Size:
    """A size that a symbolic tensor does not know yet, as `minidl.ops.shape` gives it; shapes given to operations may hold it.

    Args:
        tensor: whose size it is.
        axis: along which axis.
    """

    def __init__(self, tensor: SymbolicTensor, axis: int) -> None:
        self.tensor, self.axis = tensor, axis

    def __repr__(self) -> str:
        return f'<size of axis {self.axis} of "{self.tensor.name}">'


class Node:
    """One call of a layer: which tensors went in, with which options, and which came out."""

    @property
    def needed(self) -> "list[SymbolicTensor]":
        """What must be known before the call: its sources, and a mask that was handed in."""
        return self.sources if self.mask is None else [*self.sources, self.mask]

    def __init__(
        self, layer: LayerLike, inputs: Any, options: dict[str, Any], mask: Any = None, training: bool | None = None
    ) -> None:
        self.layer = layer
        self.inputs = inputs  # as the layer was called: one tensor or a list of them
        self.options = options
        self.mask: SymbolicTensor | None = mask  # in place of the one that travels
        self.training = training  # in place of what the model does, where the call says it
        self.sources: list[SymbolicTensor] = flatten(inputs)
        self.outputs: list[SymbolicTensor] = []
        self.result: Any = None  # the outputs in the layer's own form


_calls: "WeakKeyDictionary[Any, list[ref[Node]]]" = WeakKeyDictionary()  # the calls that models still hold


def only_call(layer: LayerLike) -> Node:
    """The one call of a layer on symbolic tensors.

    Raises:
        ValueError: it was not called on any, or several times.
    """
    nodes = [node for known in _calls.get(layer, ()) if (node := known()) is not None]
    if len(nodes) == 1:
        return nodes[0]
    if not nodes:
        raise ValueError(
            f"{layer.title} was not called on a symbolic tensor, so it has neither input nor output yet; draw the model with "
            f"Input, or ask a built Sequential for model.inputs or model.get_layer(name) first"
        )
    raise ValueError(f"{layer.title} was called in {len(nodes)} places, so its input and output have no one meaning")


def is_symbolic(x: Any) -> bool:
    """Whether a layer's input is symbolic: one symbolic tensor, or several."""
    return any(isinstance(item, SymbolicTensor) for item in flatten(x)) if is_structure(x) else isinstance(x, SymbolicTensor)


def announced_shape(layer: LayerLike, input_shape: Any, options: dict[str, Any]) -> Any:
    """The shapes that a call gives; a layer of which they depend on options of the call takes those by name."""
    compute: Any = layer.compute_output_shape
    known = inspect.signature(compute).parameters if options else ()
    return compute(input_shape, **{name: option for name, option in options.items() if name in known})


def connect(layer: LayerLike, inputs: Any, options: dict[str, Any], mask: Any = None, training: bool | None = None) -> Any:
    """Call a layer on symbolic tensors: build it for their shapes and note the call.

    Raises:
        TypeError: arrays and symbolic tensors are mixed.
    """
    if mask is not None and not isinstance(mask, SymbolicTensor):
        raise TypeError(f"{layer.title} was called on symbolic tensors with a mask that is a {type(mask).__name__}")
    node = Node(layer, inputs, options, mask, training)
    if active_trace() is None:
        _calls.setdefault(layer, []).append(ref(node))
    for source in node.sources:
        if not isinstance(source, SymbolicTensor):
            raise TypeError(f"{layer.title} was called on symbolic tensors and a {type(source).__name__} at once")
    shapes_in = [tensor.shape for tensor in node.sources]
    input_shape: Any = rebuild(list(inputs) if isinstance(inputs, tuple) else inputs, shapes_in)
    with not_tracing():
        layer.build_for(input_shape)
        announced = announced_shape(layer, input_shape, options)
    single = isinstance(announced, tuple) and not any(isinstance(size, (tuple, list)) for size in announced)
    shapes = [announced] if single else flatten(announced)
    for number, shape in enumerate(shapes):
        name = layer.name if number == 0 else f"{layer.name}:{number}"
        tensor = SymbolicTensor(shape, layer.output_dtype or layer.dtype, name, layer)
        tensor.node = node
        node.outputs.append(tensor)
    if single:
        node.result = node.outputs[0]
    else:
        named = isinstance(announced, dict)
        node.result = dict(zip(announced, node.outputs, strict=True)) if named else tuple(node.outputs)
    return node.result
