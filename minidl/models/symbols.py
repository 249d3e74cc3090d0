"""`SymbolicProperties`: a model's symbolic inputs and outputs, and their shapes."""

from typing import Any

from minidl.config.nested import pack
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.input_layer import InputLayer


class SymbolicProperties:
    """The part of a model that knows its symbolic inputs and outputs.

    A model with code of its own has none. A `Sequential` is drawn as a graph when one of them is first needed.
    """

    network: Network
    built: bool
    build_shape: Any
    _drawn: tuple[Any, Any] = (None, None)  # a network, and the graph made of it
    _start: SymbolicTensor | None = None  # the `Input` that a `Sequential` was given

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
        known, graph = self._drawn
        if known is not self.network:
            graph = self.network.as_graph(self._make_input, graph)
            self._drawn = (self.network, graph)
        return graph

    def _make_input(self) -> SymbolicTensor:
        if self._start is None:
            self._start = InputLayer(batch_shape=self.network.input_shape or (None, *self.build_shape[1:])).output
        return self._start
