"""`Sequential`: a model whose layers run one after another."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from minidl.config.error_notes import within
from minidl.config.nest import flatten
from minidl.config.types import Shape
from minidl.graph.graph import Graph
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.models.model import Model


class Chain(NamedTuple):
    """Layers one after another: the whole of forward and backward propagation.

    Attributes:
        layers: in the order they run.
        input_shape: declared shape of the input with its batch axis, or `None`.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape | None = None

    def forward(self, x: Any, mask: Any, training: bool) -> tuple[Any, list[Any], Any]:
        """Each layer's output is the next one's input; every layer's cache is kept."""
        caches = []
        with within(self.layers) as place:
            for place.number, layer in enumerate(self.layers):
                x, cache, mask = layer._forward(x, mask, training)
                caches.append(cache)
        return x, caches, mask

    def infer(self, x: Any, mask: Any) -> tuple[Any, Any]:
        """The same, keeping nothing."""
        with within(self.layers) as place:
            for place.number, layer in enumerate(self.layers):
                x, mask = layer._infer(x, mask)
        return x, mask

    def backward(self, dy: Any, caches: list[Any], weights_only: bool = False) -> Any:
        """The chain rule: each layer turns its output's gradient into its input's, which is the one before's output's.

        With `weights_only` the walk ends at the first layer that has weights; what lies below has nothing to learn.
        """
        first = self._first_with_weights() if weights_only else 0
        with within(self.layers) as place:
            for place.number in range(len(self.layers) - 1, first - 1, -1):
                number = place.number
                dy = self.layers[number]._backward(dy, caches[number], weights_only and number == first)
                if dy is None:  # integers have no gradient
                    break
        return dy

    def penalty(self, caches: list[Any]) -> float:
        """The sum of what the layers add to the loss."""
        return sum(layer._penalty(cache) for layer, cache in zip(self.layers, caches, strict=True))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape that leaves the last layer; builds the layers on the way."""
        with within(self.layers) as place:
            for place.number, layer in enumerate(self.layers):
                layer.build_for(input_shape)
                input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def drawn(self, input_shape: Shape) -> Graph:
        """The same as a graph, on an input of its own, so that inner outputs can be used."""
        start = output = InputLayer(batch_shape=self.input_shape or (None, *input_shape[1:])).output
        for layer in self.layers:
            output = layer(output)
        return Graph(start, output)

    @property
    def output_layers(self) -> list[Layer | None]:
        """The last layer, which alone makes the output."""
        return [self.layers[-1]] if self.layers else [None]

    def with_output_layers(self, replacements: list[Layer | None]) -> "Chain":
        """The same chain with another last layer."""
        return self if replacements[0] is None else Chain((*self.layers[:-1], replacements[0]), self.input_shape)

    def with_layers(self, replace: Callable[[Layer], Layer]) -> "Chain":
        """The same chain with every layer replaced by what the function makes of it."""
        return Chain(tuple(map(replace, self.layers)), self.input_shape)

    def _first_with_weights(self) -> int:
        return next((number for number, layer in enumerate(self.layers) if layer._variables or layer.weights), len(self.layers))


class Sequential(Model):
    """Layers stacked one on another.

    Args:
        layers: the layers, first to last; may begin with `Input(shape)`, and is then built at once. Without it the model
            is built by the first data it sees, or by `build`.
        trainable: whether its weights learn.
        name: "sequential", "sequential_1" ... by default.
    Raises:
        TypeError: something among `layers` is not a layer.
        ValueError: two layers have one name.
    Example:
        >>> from minidl.layers import Dense
        >>> model = Sequential([Dense(8, activation="relu"), Dense(1)])
        >>> model.predict(np.zeros((5, 3))).shape
        (5, 1)
    """

    def __init__(self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(name=name, trainable=trainable)
        self.network, self.input_dtype = Chain(()), "any"
        for layer in flatten(layers or ()):
            self._append(layer)
        self._build_if_known()

    def add(self, layer: Any) -> None:
        """Put a layer on top."""
        self._append(layer)
        self._build_if_known()

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off and return it."""
        if not self.layers:
            raise ValueError(f"{self.title} has no layer to pop")
        last = self.layers[-1]
        self._change(self.network._replace(layers=self.network.layers[:-1]))
        self._build_if_known()
        return last

    def build(self, input_shape: Any) -> None:
        """Build every layer for inputs of that shape, batch axis included."""
        if not self.layers:
            raise ValueError(f"{self.title} has no layers yet: add some before it is built or used")
        self.network.compute_output_shape(input_shape)

    def _append(self, layer: Any) -> None:
        if isinstance(layer, SymbolicTensor):
            layer = layer.layer
        if isinstance(layer, InputLayer):
            if self.layers or self.network.input_shape is not None:
                raise ValueError(f"{self.title} has its input already; Input(...) stands first, and once")
            self._change(self.network._replace(input_shape=layer.batch_shape))
            return
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise TypeError(f"{self.title} takes layers, got the class {layer.__name__}; make one of it: {layer.__name__}(...)")
        if not isinstance(layer, Layer):
            raise TypeError(f"{self.title} takes layers, got {layer!r}; a function goes into Activation(function)")
        if any(layer.name == other.name for other in self.layers):
            raise ValueError(f'{self.title} has a layer named "{layer.name}" already; layer names are unique in a model')
        chain = self.network._replace(layers=(*self.network.layers, layer))
        if chain.input_shape is None and len(chain.layers) == 1:
            chain = chain._replace(input_shape=_announced_by(layer))
        if not self.trainable:
            layer.trainable = False
        self._change(chain)

    def _change(self, chain: Chain) -> None:
        self.network, self.built, self._plan = chain, False, None

    def _build_if_known(self) -> None:
        if self.layers and self.network.input_shape is not None:
            self.build(self.network.input_shape)

    def constructor_arguments(self) -> dict[str, Any]:
        """The layers as they are now, input included."""
        shape = self.network.input_shape
        start = [] if shape is None else [InputLayer(batch_shape=shape, name=f"{self.name}_input")]
        return super().constructor_arguments() | {"layers": [*start, *self.layers]}


def _announced_by(layer: Layer) -> Shape | None:
    """The input shape that a first layer brings along: its `input_shape`, or that of a model's declared input."""
    if isinstance(layer, Model):
        declared = layer.declared_shapes
        return declared[0] if len(declared) == 1 else None
    return None if layer.input_shape is None else (None, *layer.input_shape)
