"""Symbolic tensors: what a layer returns when it is called on a placeholder instead of an array."""

import inspect
from typing import Any, Protocol

from minidl.config.structures import flatten, is_structure, rebuild
from minidl.config.types import Shape


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
    def forward_pass(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]: ...
    def infer_pass(self, x: Any, mask: Any = None, **options: Any) -> tuple[Any, Any]: ...
    def backward_pass(self, dy: Any, cache: Any, weights_only: bool = False) -> Any: ...
    def penalty_pass(self, cache: Any) -> float: ...


class SymbolicTensor:
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
        raise TypeError(
            f'the symbolic tensor "{self.name}" has no values yet: NumPy cannot compute with it; use a layer, '
            f"and build a Model(inputs, outputs) to run it"
        )

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.name}, shape={self.shape}, dtype={self.dtype}>"


class Node:
    """One call of a layer: which tensors went in, with which options, and which came out."""

    def __init__(self, layer: LayerLike, inputs: Any, options: dict[str, Any]) -> None:
        self.layer = layer
        self.inputs = inputs  # as the layer was called: one tensor or a list of them
        self.options = options
        self.sources: list[SymbolicTensor] = flatten(inputs)
        self.outputs: list[SymbolicTensor] = []


def is_symbolic(x: Any) -> bool:
    """Whether a layer's input is symbolic: one symbolic tensor, or several."""
    return any(isinstance(item, SymbolicTensor) for item in flatten(x)) if is_structure(x) else isinstance(x, SymbolicTensor)


def announced_shape(layer: LayerLike, input_shape: Any, options: dict[str, Any]) -> Any:
    """The shapes that a call gives; a layer of which they depend on options of the call takes those by name."""
    compute: Any = layer.compute_output_shape
    known = inspect.signature(compute).parameters if options else ()
    return compute(input_shape, **{name: option for name, option in options.items() if name in known})


def connect(layer: LayerLike, inputs: Any, options: dict[str, Any]) -> Any:
    """Call a layer on symbolic tensors: build it for their shapes and note the call.

    Raises:
        TypeError: arrays and symbolic tensors are mixed.
    """
    node = Node(layer, inputs, options)
    for source in node.sources:
        if not isinstance(source, SymbolicTensor):
            raise TypeError(f"{layer.title} was called on symbolic tensors and a {type(source).__name__} at once")
    shapes_in = [tensor.shape for tensor in node.sources]
    input_shape: Any = rebuild(list(inputs) if isinstance(inputs, tuple) else inputs, shapes_in)
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
        return node.outputs[0]
    return dict(zip(announced, node.outputs, strict=True)) if isinstance(announced, dict) else tuple(node.outputs)
