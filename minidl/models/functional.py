"""`SymbolicProperties`: layers, symbolic inputs and outputs of a model; the graph of functional models, and its config."""

from typing import TYPE_CHECKING, Any

from minidl.config.checks import shown
from minidl.config.nest import flatten, rebuild
from minidl.config.tree import leaves, pack
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer


class SymbolicProperties:
    """The part of a model that knows its layers, and its symbolic inputs and outputs.

    A model with code of its own has none. A `Sequential` is drawn as a graph when one of them is first needed.
    """

    if TYPE_CHECKING:

        @property
        def title(self) -> str: ...

    network: Network
    built: bool
    build_shape: Any
    _graph_cache: tuple[Any, Any] = (None, None)  # a network, and the graph made of it
    _start: SymbolicTensor | None = None  # the `Input` that a `Sequential` was given

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order they run."""
        return list(self.network.layers)

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
    def inputs(self) -> list[Any] | None:
        """The symbolic inputs; `None` if their shape is not known yet from `Input` or data."""
        graph = self._graph()
        return None if graph is None else list(graph.inputs)

    @property
    def outputs(self) -> list[Any] | None:
        """The symbolic outputs; `None` if the inputs are not known."""
        graph = self._graph()
        return None if graph is None else list(graph.outputs)

    @property
    def input(self) -> Any:
        """The symbolic input, or the inputs in their structure."""
        graph = self._known_graph()
        return pack(graph.given_inputs, graph.inputs)

    @property
    def output(self) -> Any:
        """The symbolic output, or the outputs in their structure."""
        graph = self._known_graph()
        return pack(graph.given_outputs, graph.outputs)

    @property
    def input_shape(self) -> Any:
        """The shape of the input, batch axis included; a list of them for several inputs."""
        shapes = [tensor.shape for tensor in self._known_graph().inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @input_shape.setter
    def input_shape(self, shape: Any) -> None:
        """A model has no argument `input_shape`: its inputs are made by `Input`."""

    @property
    def output_shape(self) -> Any:
        """The shape of the output, batch axis included; a list of them for several outputs."""
        shapes = [tensor.shape for tensor in self._known_graph().outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def _known_graph(self) -> Graph:
        graph: Graph | None = self._graph()
        if graph is None:
            raise AttributeError("the model's inputs are not known")  # Python then asks Layer.__getattr__ for the message
        return graph

    def _graph(self) -> Any:
        """The model as a graph; a chain is converted on first use, and again as far as its layers changed."""
        if self.network.inputs:
            return self.network
        if not self.built:
            return None
        known, graph = self._graph_cache
        if known is not self.network:
            graph = self.network.as_graph(self._make_input, graph)
            self._graph_cache = (self.network, graph)
        return graph

    def _make_input(self) -> SymbolicTensor:
        if self._start is None:
            self._start = InputLayer(batch_shape=self.network.input_shape or (None, *self.build_shape[1:])).output
        return self._start


def build_graph(inputs: Any, outputs: Any) -> Graph:
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


def graph_config(graph: Graph) -> dict[str, Any]:
    """The graph as plain structure: its layers, and the calls that connect them."""
    layers = [*graph.layers, *graph.functions]
    places: dict[SymbolicTensor, list[int]] = {}
    for tensor in graph.inputs:
        places[tensor] = [-1, graph.inputs.index(tensor)]
    for number, node in enumerate(graph.nodes):
        places.update((tensor, [number, index]) for index, tensor in enumerate(node.outputs))
    return {
        "layers": layers,
        "calls": [
            {
                "layer": layers.index(node.layer),
                "inputs": places[node.inputs] if isinstance(node.inputs, SymbolicTensor) else [places[t] for t in node.sources],
                "options": node.options,
                "mask": None if node.mask is None else places[node.mask],
                "training": node.training,
            }
            for node in graph.nodes
        ],
        "input_specs": [
            {
                "shape": list(t.shape),
                "dtype": t.dtype,
                "name": t.name,
                "layer": layers.index(layer),
            }
            for t, layer in zip(graph.inputs, graph.input_layers, strict=True)
        ],
        "structure": {
            "inputs": pack(graph.given_inputs, [places[t] for t in graph.inputs]),
            "outputs": pack(graph.given_outputs, [places[t] for t in graph.outputs]),
        },
    }


def rebuild_graph(config: dict[str, Any]) -> dict[str, Any]:
    """A model's config with a rebuilt graph: symbolic inputs and outputs instead of the result of `graph_config`."""
    layers: list[Layer] = config["layers"]
    inputs = [layers[spec["layer"]].output for spec in config["input_specs"]]
    made: list[list[SymbolicTensor]] = []

    def find(place: list[int]) -> SymbolicTensor:
        return inputs[place[1]] if place[0] == -1 else made[place[0]][place[1]]

    for call in config["calls"]:
        several = not call["inputs"] or isinstance(call["inputs"][0], list)
        sources = [find(place) for place in call["inputs"]] if several else find(call["inputs"])
        mask = None if call["mask"] is None else find(call["mask"])
        made.append(flatten(connect(layers[call["layer"]], sources, call["options"], mask, call["training"])))
    rest = {key: value for key, value in config.items() if key not in ("layers", "calls", "input_specs", "structure")}
    return rest | {name: _found(places, find) for name, places in config["structure"].items()}


def _found(structure: Any, find: Any) -> Any:
    if isinstance(structure, list) and isinstance(structure[0], int):
        return find(structure)
    return rebuild(structure, [_found(member, find) for member in flatten(structure)])
