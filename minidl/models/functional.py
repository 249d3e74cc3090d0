"""`ConnectedLayers`: a model's layers, symbolic inputs and outputs; and checks of the shapes of data against the inputs."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from minidl.activations import ActivationFunction
from minidl.config import registry
from minidl.config.checks import shown
from minidl.config.tree import leaves, pack
from minidl.config.types import AnyShapes, Config, CustomObjects, Shapes, Structure, Tensors
from minidl.graph.graph import Graph
from minidl.graph.graph_config import graph_config, rebuild_graph
from minidl.graph.network import Network, output_layers_of
from minidl.graph.shapes import flatten_shapes
from minidl.graph.symbolic import SymbolicTensor, is_symbolic
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.models.protocol import Trainable


class ConnectedLayers(Layer):
    """The part of a model that knows its layers, and its symbolic inputs and outputs.

    A model with code of its own has none. A `Sequential` is drawn as a graph when one of them is first needed.
    """

    network: Network
    _given: Network | None = None  # the layers that the model was given, if its class defines `call`
    _graph_cache: tuple[Network | None, Graph | None] = (None, None)  # a network, and the graph made of it
    _start: SymbolicTensor | None = None  # the `Input` that a `Sequential` was given

    def connect(self, network: Network) -> None:
        """Make the network run; if the class defines `call`, that runs, and may run the network by `super().call(x)`."""
        if self._defines_call:
            self._given = network
        else:
            self.network, self.input_dtype = network, "any"

    @property
    def connected(self) -> Network:
        """The layers that the model was given, connected: its `network`, unless its class defines `call`."""
        return self.network if self._given is None else self._given

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order they run; those that a model was given are the first, if its class defines `call`."""
        given = () if self._given is None else self._given.layers
        return list(dict.fromkeys([*given, *self.network.layers]))

    def sublayers(self) -> list[Layer]:
        """The same: a model's sublayers are its layers."""
        return self.layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or index; its `output` may be the output of another model."""
        self._graph()
        if (name is None) == (index is None):
            raise ValueError("get_layer takes either a name or an index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                count = len(self.layers)
                raise ValueError(f"{self.title} has {count} layer{'s' * (count != 1)}, got index {index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.title} has no layer named {name!r}; it has {[layer.name for layer in self.layers]}")

    @property
    def input_kind(self) -> str:
        """The kind of input, "float", "any" or "string": that of all inputs, or "any" if they differ."""
        kinds = set(self.network.input_kinds)
        return kinds.pop() if len(kinds) == 1 else "any"

    @property
    def inputs(self) -> list[SymbolicTensor] | None:
        """The symbolic inputs; `None` if their shape is not known yet from `Input` or data."""
        graph = self._graph()
        return None if graph is None else list(graph.inputs)

    @property
    def outputs(self) -> list[SymbolicTensor] | None:
        """The symbolic outputs; `None` if the inputs are not known."""
        graph = self._graph()
        return None if graph is None else list(graph.outputs)

    @property
    def input(self) -> Tensors:
        """The symbolic input, or the inputs in their structure."""
        graph = self._known_graph()
        return pack(graph.given_inputs, graph.inputs)

    @property
    def output(self) -> Tensors:
        """The symbolic output, or the outputs in their structure."""
        graph = self._known_graph()
        return pack(graph.given_outputs, graph.outputs)

    @property
    def input_shape(self) -> AnyShapes:
        """The shape of the input, batch axis included; a list of them for several inputs."""
        shapes = [tensor.shape for tensor in self._known_graph().inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @input_shape.setter
    def input_shape(self, shape: AnyShapes) -> None:
        """A model has no argument `input_shape`: its inputs are made by `Input`."""

    @property
    def output_shape(self) -> AnyShapes:
        """The shape of the output, batch axis included; a list of them for several outputs."""
        shapes = [tensor.shape for tensor in self._known_graph().outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def build_for(self, input_shape: Shapes) -> None:
        """Build the model and its layers, unless they are built, also if its class defines `build` itself."""
        is_whole = self.built and self._given is None  # otherwise `call` may use further layers
        self.build_weights(input_shape)
        if not is_whole and not self.network.opaque:
            self.network.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        """The shape of the output."""
        return self.network.compute_output_shape(input_shape)

    def with_network(self, network: Network) -> Self:
        """The same model, sharing all its variables, on another network."""
        changed = copy.copy(self)
        changed.network = network
        return changed

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """The model without the softmax or sigmoid of its last layer, and that activation."""
        last = output_layers_of(self.network, 1)[0]
        split = None if last is None or self.activity_regularizer is not None else last.split_activation()
        return None if split is None else (self.with_network(self.network.with_output_layers([split[0]])), split[1])

    def replace_layers(self, replace: Callable[[Layer], Layer]) -> Layer:
        """The same model, sharing all its variables, with every layer replaced, also in nested models."""
        if self.network.opaque:
            return replace(self)
        return self.with_network(self.network.with_layers(lambda layer: layer.replace_layers(replace)))

    def constructor_arguments(self) -> Config:
        """The model's config, without its weights; for a functional model its layers and their connections."""
        arguments = super().constructor_arguments()
        arguments.pop("input_shape", None)
        drawn = [name for name, value in arguments.items() if any(map(is_symbolic, leaves(value)))]  # perhaps "args"
        if isinstance(self.connected, Graph) and drawn:
            rest = {name: value for name, value in arguments.items() if name not in ("inputs", "outputs", *drawn)}
            return rest | graph_config(self.connected)
        return arguments

    @classmethod
    def from_config(cls, config: Config, custom_objects: CustomObjects | None = None) -> Self:
        """Make a model from the result of `get_config`; `custom_objects` holds classes and functions by name."""
        config = registry.deserialize_arguments(config, custom_objects)
        if "calls" in config:
            config = rebuild_graph(config)
        return super().from_config(config)

    def _known_graph(self) -> Graph:
        graph = self._graph()
        if graph is None:
            raise AttributeError("the model's inputs are not known")  # Python then asks Layer.__getattr__ for the message
        return graph

    def _graph(self) -> Graph | None:
        """The model as a graph; a chain is converted on first use, and again as far as its layers changed."""
        if isinstance(self.connected, Graph):
            return self.connected
        if not self.built:
            return None
        known, graph = self._graph_cache
        if known is not self.connected:
            made = self.connected.as_graph(self._make_input, graph)
            graph = made if isinstance(made, Graph) else None
            self._graph_cache = (self.connected, graph)
        return graph

    def _make_input(self) -> SymbolicTensor:
        if self._start is None:
            self._start = InputLayer(batch_shape=self.connected.input_shape or (None, *self.build_shape[1:])).output
        return self._start


def build_graph(inputs: Structure[SymbolicTensor], outputs: Tensors) -> Graph:
    """The graph between inputs and outputs.

    Raises:
        ValueError: inputs or outputs are not symbolic tensors, or are not connected.
    """
    for name, given in (("inputs", inputs), ("outputs", outputs)):
        for tensor in leaves(given):
            if not isinstance(tensor, SymbolicTensor):
                raise ValueError(
                    f"Model expects {name} to be symbolic tensors, made by Input(shape) and by calling layers on it, "
                    f"got {shown(tensor)}"
                )
    layers = [
        tensor.layer
        if tensor.node is None
        else InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}_input")
        for tensor in leaves(inputs)
    ]
    return Graph(inputs, outputs, input_layers=layers)


def check_rank(model: Trainable, input_shape: AnyShapes) -> None:
    """Raise ValueError for rows of another rank than those that built the model."""
    if not model.built or model.network.opaque or model.network.inputs:  # `check_declared` compares declared shapes
        return
    for wanted, shape in zip(flatten_shapes(model.build_shape), flatten_shapes(input_shape), strict=False):
        if len(wanted) != len(shape) and len(wanted) > 1:  # a model of single values or texts takes rows of them too
            raise ValueError(
                f"{model.title} was built for rows of shape {tuple(wanted[1:])}, got rows of shape {tuple(shape[1:])}; "
                f"{_fix(wanted, shape)}"
            )


def check_declared(model: Trainable, input_shape: AnyShapes) -> None:
    """Raise ValueError for another number of inputs, or other shapes, than the model's inputs declare."""
    declared, given = model.network.input_shapes, flatten_shapes(input_shape)
    if not declared:
        return
    if isinstance(input_shape, dict) and model.network.inputs:
        given = model.network.ordered(input_shape)
    if isinstance(input_shape, dict) and not model.network.inputs:
        raise ValueError(one_input_message(model, list(input_shape)))
    if len(declared) != len(given):
        inputs = f"{len(declared)} inputs, of shapes {declared}" if len(declared) > 1 else f"one input of shape {declared[0]}"
        raise ValueError(f"{model.title} has {inputs}, got {len(given)} array{'s' if len(given) > 1 else ''}")
    for wanted, shape in zip(declared, given, strict=True):
        if shape is None:  # an optional input
            continue
        fits = len(wanted) == len(shape) and all(w is None or s is None or w == s for w, s in zip(wanted, shape, strict=True))
        if not fits:
            raise ValueError(
                f"{model.title} expects rows of shape {tuple(wanted[1:])}, got rows of shape {tuple(shape[1:])}; "
                f"{_fix(wanted, shape)}"
            )


def one_input_message(model: Trainable, keys: Sequence[object]) -> str:
    """The message for a dict given to a model whose input has no name."""
    array = f"the array itself, x[{keys[0]!r}]" if len(keys) == 1 else "one array, such as np.column_stack(list(x.values()))"
    return f"{model.title} has one input, got a dict with the keys {keys}; give {array}"


def _fix(wanted: Any, shape: Any) -> str:
    rest, sizes = tuple(wanted[1:]), tuple(shape[1:])
    known = None not in rest and None not in sizes
    if len(sizes) == len(rest) - 1 and tuple(wanted[2:]) == sizes:
        return f"give a single row as x[np.newaxis], several as an array of shape (rows, {', '.join(map(str, rest))})"
    if known and np.prod(rest, dtype=int) == np.prod(sizes, dtype=int):
        return f"the sizes agree when flattened: give x.reshape(-1, {', '.join(map(str, rest))})"
    return "was the model made for other data, or is an axis missing?"
