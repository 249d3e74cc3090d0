"""`Conveniences`: what every model hands on to other rooms: its picture in words, its files, what goes through its layers."""

from collections.abc import Callable
from os import PathLike
from typing import Any, Self

from minidl.config.nest import rebuild
from minidl.config.registry import deserialize_arguments, public
from minidl.config.types import Array
from minidl.layers.layer import Layer
from minidl.models.assembly import Assembly


class Conveniences(Assembly):
    """An assembly of layers that can be looked at, saved and rebuilt; each method says what it does and who does it."""

    @property
    def inputs(self) -> list[Any] | None:
        """The symbolic inputs; `None` where neither `Input` nor data has told their shape yet."""
        graph = self._graph()
        return None if graph is None else list(graph.inputs)

    @property
    def outputs(self) -> list[Any] | None:
        """The symbolic outputs; `None` where the inputs are not known."""
        graph = self._graph()
        return None if graph is None else list(graph.outputs)

    @property
    def input(self) -> Any:
        """The symbolic input, or the inputs in their structure."""
        return None if (graph := self._graph()) is None else rebuild(graph.input_structure, graph.inputs)

    @property
    def output(self) -> Any:
        """The symbolic output, or the outputs in their structure."""
        return None if (graph := self._graph()) is None else rebuild(graph.output_structure, graph.outputs)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """One layer, by its name or its place; its `output` may be the output of another model."""
        self._graph()
        return super().get_layer(name, index)

    def _graph(self) -> Any:
        """The model as a graph; a stack of layers is drawn when it is first asked for it."""
        if hasattr(self.network, "nodes"):
            return self.network
        if not self.built or not hasattr(self.network, "drawn"):
            return None
        known, graph = self.__dict__.get("_drawn", (None, None))
        if known is not self.network:
            graph = self.network.drawn(self.build_shape)
            self._drawn = (self.network, graph)
        return graph

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_plan", "_drawn", "rounds")}

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None) -> None:
        """Print the layers, their output shapes and parameters; sizes that are not known yet are shown as "?"."""
        from minidl.models.summary import summarize

        (print_fn or print)(summarize(self, line_length))

    def plot(self) -> Any:
        """A drawing of the layers with their shapes and parameters, a matplotlib figure."""
        from minidl.models.drawing import draw_model

        return draw_model(self)

    def save(self, filepath: "str | PathLike[str]", overwrite: bool = True) -> None:
        """Write the whole model, architecture, weights, optimizer and compile settings, to one safetensors file."""
        from minidl.saving import save_model

        save_model(self, filepath, overwrite)

    def save_weights(self, filepath: "str | PathLike[str]", overwrite: bool = True) -> None:
        """Write the weights alone."""
        from minidl.saving import save_weights

        save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: "str | PathLike[str]") -> None:
        """Read weights that `save_weights` or `save` wrote into a model of the same architecture."""
        from minidl.saving import load_weights

        load_weights(self, filepath)

    def gradients(self: Any, x: Any, y: Any = None, sample_weight: Any = None) -> dict[str, Array]:
        """Every weight's gradient on one batch, by the weight's path ("dense/kernel"); model and state stay as they are."""
        from minidl.models.tracing import gradients

        return gradients(self, x, y, sample_weight)

    def trace(self: Any, x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Every layer's input, output and their gradients on one batch; model and state stay as they are."""
        from minidl.models.tracing import trace

        return trace(self, x, y, sample_weight)

    def diagnose(self: Any, x: Any = None, y: Any = None, sample_weight: Any = None, **options: Any) -> Any:
        """What is wrong with the model or its data, in sentences, with mends; takes what `fit` takes, and changes nothing."""
        return public("diagnostics", "diagnose")(self, x, y, sample_weight, **options)

    def constructor_arguments(self) -> dict[str, Any]:
        """What rebuilds the model, without its weights; for a functional model its layers and their connections."""
        arguments = super().constructor_arguments()
        if "inputs" in arguments and hasattr(self.network, "nodes"):
            from minidl.models.functional import graph_config

            rest = {name: value for name, value in arguments.items() if name not in ("inputs", "outputs")}
            return rest | graph_config(self.network)
        return arguments

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a model from what `get_config` gave."""
        if "calls" in config:
            from minidl.models.functional import redraw

            config = redraw(deserialize_arguments(config))
        return super().from_config(config)
