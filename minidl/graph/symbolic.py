"""Symbolic tensors: what a layer returns when it is called on a placeholder instead of an array."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn
from weakref import WeakKeyDictionary, ref

from minidl.autodiff import Operation, Tensor
from minidl.autodiff.tensor import TensorLike
from minidl.config.layer_like import LayerLike
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.tree import members
from minidl.config.types import AnyShapes, Options, Shape, State, Structure, Tensors


class SymbolicTensor(Tensor):
    """A symbolic tensor: it has a shape and the call that produces it, but no values yet.

    Attributes:
        shape: sizes of the axes, `None` where unknown.
        dtype: name of the element type.
        node: the call that produces it; `None` for an input.
        name: shown in summaries and errors.
        masked: whether it has a mask.
        optional: whether a model may be called with `None` for it.
    Example:
        >>> from minidl import Input
        >>> x = Input((3,))
        >>> (x + 1).shape, (x + 1).dtype
        ((None, 3), 'float32')
    """

    is_symbolic: ClassVar[bool] = True

    def __init__(self, shape: Shape, dtype: str, name: str, layer: LayerLike, masked: bool = False) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.name = name
        self.layer = layer
        self.masked = masked
        self.optional = False
        self.node: Node | None = None

    def apply(self, operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Add the operation to the graph."""
        from minidl.graph.operation_call import add_operation

        return add_operation(operation, tensors, options)

    def apply_unknown(self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Options) -> NoReturn:
        """Raise TypeError for a function that a graph cannot hold."""
        raise self._has_no_values(f"{name} cannot compute with it")

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:
        raise self._has_no_values("NumPy cannot compute with it")

    def __bool__(self) -> bool:
        raise self._has_no_values("a Python branch cannot depend on it")

    def __iter__(self) -> NoReturn:
        raise self._has_no_values("a Python loop cannot run over it")

    def __len__(self) -> int:
        raise self._has_no_values("its number of rows is not known")

    def __float__(self) -> float:
        raise self._has_no_values("it is not a Python number")

    __int__ = __index__ = __float__
    __eq__ = object.__eq__  # a symbolic tensor is equal to itself alone, so that it can be looked up in lists and dicts
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    def _has_no_values(self, what: str) -> TypeError:
        return TypeError(
            f'the symbolic tensor "{self.name}" has no values yet: {what}; use minidl.ops (ops.exp, ops.where ...), operators, '
            f"NumPy functions that minidl.ops has too, and layers; or write a layer with call, where tensors have values"
        )

    def __repr__(self) -> str:
        return f"<SymbolicTensor {self.name}, shape={self.shape}, dtype={self.dtype}>"


class Output:
    """An output of a call, or an input layer's: its tensor is held weakly, since it holds the call, and no cycle may arise.

    A tensor that nothing holds any more is made again when it is asked for.
    """

    def __init__(self, shape: Shape, dtype: str, name: str, masked: bool = False, optional: bool = False) -> None:
        self.shape, self.dtype, self.name, self.masked, self.optional = shape, dtype, name, masked, optional
        self._made: ref[SymbolicTensor] | None = None

    def tensor(self, layer: LayerLike, node: "Node | None" = None) -> SymbolicTensor:
        """The symbolic tensor, which belongs to that layer and call."""
        known = None if self._made is None else self._made()
        if known is None:
            known = SymbolicTensor(self.shape, self.dtype, self.name, layer, self.masked)
            known.node, known.optional = node, self.optional
            self._made = ref(known)
        return known

    def __getstate__(self) -> State:
        return self.__dict__ | {"_made": self._made and self._made()}  # pickle knows no weak references

    def __setstate__(self, state: State) -> None:
        tensor = state["_made"]
        self.__dict__.update(state | {"_made": None if tensor is None else ref(tensor)})


class Node:
    """One call of a layer or an operation, with its inputs, options and outputs.

    Attributes:
        layer: the layer or operation.
        inputs: one tensor, or a list or dict of them, as passed to the call.
        options: further keyword arguments.
        mask: a symbolic mask passed to the call; it replaces the masks of the inputs.
        training: the argument of the call; `None` for the mode of the model.
        sources: the inputs as a list.
        several: whether the call returns a structure of outputs.
    """

    def __init__(
        self,
        layer: LayerLike,
        inputs: Structure[SymbolicTensor],
        options: Options,
        mask: SymbolicTensor | None = None,
        training: bool | None = None,
    ) -> None:
        self.layer, self.inputs, self.options, self.mask, self.training = layer, inputs, options, mask, training
        self.sources: list[SymbolicTensor] = flatten(inputs)
        self.several = False
        self._outputs: list[Output] = []
        self._form: object = None  # a structure like that of the outputs

    def set_outputs(self, form: object, outputs: list[Output], several: bool) -> None:
        """Set the outputs: `form` is a list, tuple or dict of as many members if there are `several`."""
        self._form, self._outputs, self.several = form, outputs, several

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The outputs as a list."""
        return [output.tensor(self.layer, self) for output in self._outputs]

    @property
    def result(self) -> Tensors:
        """The outputs in the structure that the call returned."""
        outputs = self.outputs
        if not self.several:
            return outputs[0]
        if isinstance(self._form, dict):
            return dict(zip(self._form, outputs, strict=True))
        return list(outputs) if isinstance(self._form, list) else tuple(outputs)

    @property
    def needed(self) -> list[SymbolicTensor]:
        """All tensors that the call depends on, those of a dict in the order of its keys."""
        sources = [source for _, source in members(self.inputs)] if isinstance(self.inputs, dict) else self.sources
        return sources if self.mask is None else [*sources, self.mask]


_calls: "WeakKeyDictionary[LayerLike, list[ref[Node]]]" = WeakKeyDictionary()  # calls that are still referenced by models


_connected_by: "WeakKeyDictionary[Any, ref[Any]]" = WeakKeyDictionary()  # a layer of a Sequential, and that model


def connect_on_demand(layer: LayerLike, model: object) -> None:
    """Note that `model` calls the layer on a symbolic tensor once that call is asked for."""
    _connected_by[layer] = ref(model)


def only_call(layer: LayerLike) -> Node:
    """The only call of a layer on symbolic tensors.

    Raises:
        ValueError: it was not called on symbolic tensors, or several times.
    """
    nodes = [node for known in _calls.get(layer, ()) if (node := known()) is not None]
    if not nodes and layer in _connected_by and (model := _connected_by[layer]()) is not None:
        model._graph()
        nodes = [node for known in _calls.get(layer, ()) if (node := known()) is not None]
    if len(nodes) == 1:
        return nodes[0]
    if not nodes:
        raise ValueError(
            f"{layer.title} was not called on a symbolic tensor whose result is in use, so it has no input or output; build "
            f"the model with Input, or call the Sequential that it is in on data first"
        )
    raise ValueError(f"{layer.title} was called in {len(nodes)} places, so it has no single input and output")


def first_call(layer: LayerLike) -> Node | None:
    """The first call of a layer on symbolic tensors that is still in use, or `None`."""
    return next((node for known in _calls.get(layer, ()) if (node := known()) is not None), None)


def is_symbolic(x: object) -> bool:
    """Whether a layer's input is symbolic: one symbolic tensor, or several."""
    return any(isinstance(item, SymbolicTensor) for item in flatten(x)) if is_structure(x) else isinstance(x, SymbolicTensor)


def is_keras_tensor(x: object) -> bool:
    """Whether x is a symbolic tensor, as `Input` and layers return it.

    Example:
        >>> is_keras_tensor(minidl.Input((3,))), is_keras_tensor(np.ones(3))
        (True, False)
    """
    return isinstance(x, SymbolicTensor)


def get_source_inputs(tensor: SymbolicTensor) -> list[SymbolicTensor]:
    """The tensors of `Input` that a symbolic tensor is computed from, each once.

    Example:
        >>> from minidl.layers import Dense, Input
        >>> a, b = Input((2,), name="a"), Input((2,), name="b")
        >>> [source.name for source in get_source_inputs(Dense(1)(a) + b)]
        ['a', 'b']
    """
    found: dict[SymbolicTensor, None] = {}
    seen: set[SymbolicTensor] = set()
    waiting = [tensor]
    while waiting:
        one = waiting.pop()
        if one.node is None:
            found[one] = None
        elif one not in seen:
            seen.add(one)
            waiting.extend(reversed(one.node.needed))
    return list(found)


def connect(
    layer: LayerLike, inputs: Structure[SymbolicTensor], options: Options, mask: object = None, training: bool | None = None
) -> Tensors:
    """Call a layer on symbolic tensors: build it for their shapes and record the call.

    Raises:
        TypeError: arrays and symbolic tensors are mixed.
    """
    if mask is not None and not isinstance(mask, SymbolicTensor):
        raise TypeError(f"{layer.title} was called on symbolic tensors with a mask that is a {type(mask).__name__}")
    node = Node(layer, inputs, options, mask, training)
    for source in node.sources:
        if not isinstance(source, SymbolicTensor):
            raise TypeError(f"{layer.title} was called on symbolic tensors and a {type(source).__name__} at once")
    _calls.setdefault(layer, []).append(ref(node))
    shape = _rebuilt(inputs, [tensor.shape for tensor in node.sources])
    layer.build_weights(shape)
    masked = [mask is not None or tensor.masked for tensor in node.sources]
    inferred, dtypes, masks = layer.infer_outputs(
        shape, _rebuilt(inputs, [tensor.dtype for tensor in node.sources]), _rebuilt(inputs, masked), options
    )
    single = isinstance(inferred, tuple) and not any(isinstance(size, (tuple, list)) for size in inferred)
    shapes = [inferred] if single else flatten(inferred)
    names = [layer.name if number == 0 else f"{layer.name}:{number}" for number in range(len(shapes))]
    parts = zip(shapes, dtypes, names, masks, strict=True)
    outputs = [Output(tuple(one), dtype, name, comes_masked) for one, dtype, name, comes_masked in parts]
    node.set_outputs(inferred, outputs, not single)
    return node.result


def _rebuilt(inputs: object, members: Sequence[object]) -> AnyShapes:
    """Members in the structure of the inputs, with lists for tuples, since a tuple of sizes is one shape."""
    return rebuild(list(inputs) if isinstance(inputs, tuple) else inputs, members)
