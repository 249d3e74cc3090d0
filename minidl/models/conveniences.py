"""`Conveniences`: what every model hands on to other rooms: its picture in words, its files, what goes through its layers."""

from collections.abc import Callable
from os import PathLike
from typing import Any, Self

from minidl.config.types import Array
from minidl.models.assembly import Assembly


class Conveniences(Assembly):
    """An assembly of layers that can be looked at, saved and rebuilt; each method says what it does and who does it."""

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None) -> None:
        """Print the layers, their output shapes and parameters; sizes that are not known yet are shown as "?"."""
        from minidl.models.summary import summarize

        (print_fn or print)(summarize(self, line_length))

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

    def get_config(self) -> dict[str, Any]:
        """What rebuilds the model, without its weights."""
        config = super().get_config()
        if "inputs" in config and hasattr(self.network, "nodes"):
            from minidl.models.functional import graph_config

            config |= graph_config(self.network)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a model from what `get_config` gave."""
        if "calls" in config:
            from minidl.models.functional import redraw

            config = redraw(config)
        return super().from_config(config)
