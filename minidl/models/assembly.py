"""`Assembly`: a layer made of layers, which hands every question on to the network that connects them."""

import copy
from collections.abc import Callable
from typing import Any, Self, cast

import numpy as np

from minidl.config.types import Array
from minidl.graph.tape import Tape
from minidl.layers.layer import Layer
from minidl.layers.passes import LayerCache
from minidl.layers.shapes import flatten_shapes


class Assembly(Layer):
    """A layer whose work is done by a network of layers: a `Chain` of them or a `Graph`.

    Without a network it is an ordinary layer, for subclasses that define `forward` and `backward` themselves.

    Attributes:
        network: the `Chain` or `Graph`, or `None`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.network: Any = Tape(self) if self._defines_call else None

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order they run."""
        return super().sublayers() if self.network is None else list(self.network.layers)

    def sublayers(self) -> list[Layer]:
        """The same: a model's sublayers are its layers."""
        return self.layers

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> tuple[Any, Any]:
        """Run every layer; the cache holds theirs."""
        if self.network is None:
            return super().forward(x, training)
        y, cache, _ = self.network.forward(x, mask, training)
        return y, cache

    def infer(self, x: Any, *args: Any, **options: Any) -> Any:
        """Run every layer in inference mode, keeping nothing."""
        return super().infer(x, **options) if self.network is None else self.network.infer(x, options.get("mask"))[0]

    def backward(self, dy: Any, cache: Any) -> Any:
        """Run every layer's backward pass, last layer first."""
        return super().backward(dy, cache) if self.network is None else self.network.backward(dy, cache)

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """The same without the gradient of the inputs."""
        if self.network is None:
            super().backward_weights(dy, cache)
        else:
            self.network.backward(dy, cache, weights_only=True)

    def _forward(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]:
        """`forward`, with the mask that leaves the last layer."""
        if self.network is None:
            return super()._forward(x, mask, training, **options)
        y, cache, mask = self.network.forward(x, mask, training, **options)
        return y, LayerCache(cache, None, None if self.activity_regularizer is None else y), mask

    def _infer(self, x: Any, mask: Any = None, **options: Any) -> tuple[Any, Any]:
        """`infer`, with the mask that leaves the last layer."""
        if self.network is None:
            return super()._infer(x, mask, **options)
        return cast(tuple[Any, Any], self.network.infer(x, mask, **options))

    def penalty(self, cache: Any) -> float:
        """The sum of what the layers add to the loss."""
        return 0.0 if self.network is None else float(self.network.penalty(cache))

    @property
    def has_penalty(self) -> bool:
        """Whether any layer adds to the loss."""
        own = self.activity_regularizer is not None or self._adds_loss
        return own or any(layer.has_penalty for layer in self.layers)

    def build(self, input_shape: Any) -> None:
        """Build the layers."""
        super().build(input_shape)
        if self.network is not None:
            self.network.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that leaves the last layer."""
        if self.network is None:
            return super().compute_output_shape(input_shape)
        return self.network.compute_output_shape(input_shape)

    def _as_array(self, x: Any) -> Array:
        return super()._as_array(x) if self.network is None else np.asarray(x)  # a network's layers cast for themselves

    def split_activation(self) -> "tuple[Layer, Any] | None":
        """The model without the softmax or sigmoid that its last layer ends in, and that activation."""
        last = self.output_layers(1)[0]
        split = None if last is None or self.activity_regularizer is not None else last.split_activation()
        return None if split is None else (self.with_output_layers([split[0]]), split[1])

    def output_layers(self, outputs: int) -> list[Layer | None]:
        """For each output the layer that alone makes it, where there is one."""
        known = [] if self.network is None else cast(list[Layer | None], self.network.output_layers)
        return known if len(known) == outputs else [None] * outputs

    def with_output_layers(self, replacements: list[Layer | None]) -> Self:
        """The same model, sharing all its variables, with other layers at its outputs."""
        return self._with_network(self.network.with_output_layers(replacements))

    def with_layers(self, replace: Callable[[Layer], Layer]) -> Self:
        """The same model, sharing all its variables, with every layer replaced by what the function makes of it."""
        return self if self.network is None else self._with_network(self.network.with_layers(replace))

    def _with_network(self, network: Any) -> Self:
        changed = copy.copy(self)
        changed.network = network
        return changed

    @property
    def declared_shapes(self) -> list[Any]:
        """The shapes of the inputs, batch axis included, where they were declared."""
        shape = None if self.network is None else self.network.input_shape
        return [] if shape is None else flatten_shapes(shape)

    @property
    def input_count(self) -> int | None:
        """Number of inputs, where it is known."""
        return None if self.network is None else max(len(self.declared_shapes), 1)

    @property
    def fixed_batch_size(self) -> int | None:
        """The number of rows that every batch must have, where the input declares one."""
        return next((shape[0] for shape in self.declared_shapes), None)

    @property
    def output_names(self) -> list[str]:
        """A name for each output, as logs use them."""
        return getattr(self.network, "output_names", ["output"])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """One layer, by its name or its place."""
        if (name is None) == (index is None):
            raise ValueError("get_layer takes either a name or an index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"{self.title} has {len(self.layers)} layers, got index {index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.title} has no layer named {name!r}; it has {[layer.name for layer in self.layers]}")
