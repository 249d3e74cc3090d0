"""`Chain`: layers that run one after another, forward and backward."""

from collections.abc import Callable, Iterable, Sequence

from minidl.config.error_notes import add_layer_note
from minidl.config.layer_like import LayerLike, ReplaceLayer, Terms
from minidl.config.types import AnyShapes, Arrays, Gradients, Masks, Shape, Shapes
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.graph.symbolic import SymbolicTensor, connect


class Chain(Network):
    """A sequence of layers, with forward and backward propagation.

    Args:
        layers: in the order they run.
        input_shape: declared shape of the input with its batch axis, or `None`.
    """

    def __init__(self, layers: Iterable[LayerLike] = (), input_shape: Shape | None = None) -> None:
        self._layers, self._input_shape = tuple(layers), input_shape

    @property
    def layers(self) -> tuple[LayerLike, ...]:
        return self._layers

    @property
    def input_shape(self) -> Shape | None:
        """The declared shape of the input, or `None`."""
        return self._input_shape

    @property
    def input_shapes(self) -> list[Shape]:
        """The same as a list."""
        return [] if self._input_shape is None else [self._input_shape]

    def forward(self, x: Arrays, mask: Masks, training: bool) -> tuple[Arrays, list[object], Masks]:
        """Each layer's output is the next one's input; every layer's cache is kept."""
        caches: list[object] = []
        try:
            for layer in self._layers:
                x, cache, mask = layer._forward(x, mask, training)
                caches.append(cache)
        except Exception as error:
            add_layer_note(error, self._layers, len(caches))
            raise
        return x, caches, mask

    def infer(self, x: Arrays, mask: Masks) -> tuple[Arrays, Masks]:
        number, layers, joining = 0, self._layers, self._joining
        try:
            while number < len(layers):
                y = joining[number](x, layers[number + 1]) if number in joining and mask is None else None
                x, mask = layers[number]._infer(x, mask) if y is None else (y, None)
                number += 1 if y is None else 2
        except Exception as error:
            add_layer_note(error, self._layers, number)
            raise
        return x, mask

    def backward(self, dy: Gradients, cache: list[object], weights_only: bool = False) -> Gradients:
        """The chain rule: each layer computes its input's gradient from its output's and passes it to the previous layer.

        With `weights_only` the pass ends at the first layer that has weights: earlier layers need no gradient.
        """
        first = self._first_with_weights() if weights_only else 0
        number = last = len(self._layers) - 1
        try:
            for number in range(last, first - 1, -1):
                dy = self._layers[number]._backward(dy, cache[number], weights_only and number == first)
                if dy is None:  # integers have no gradient
                    break
        except Exception as error:
            add_layer_note(error, self._layers, number)
            raise
        return dy

    def penalty(self, cache: list[object]) -> float:
        total = 0.0
        for layer, kept in zip(self._layers, cache, strict=True):
            total += layer._penalty(kept)
        return total

    def loss_terms(self, cache: list[object]) -> Terms:
        return [term for layer, kept in zip(self._layers, cache, strict=True) for term in layer._loss_terms(kept)]

    def compute_output_shape(self, input_shape: Shapes) -> AnyShapes:
        number = 0
        try:
            for number, layer in enumerate(self._layers):  # noqa: B007  # read when an error leaves
                layer.build_for(input_shape)
                input_shape = layer.compute_output_shape(input_shape)
        except Exception as error:
            add_layer_note(error, self._layers, number)
            raise
        return input_shape

    @property
    def output_layers(self) -> list[LayerLike | None]:
        """The last layer, which makes the only output."""
        return [self._layers[-1]] if self._layers else [None]

    def with_output_layers(self, replacements: Sequence[LayerLike | None]) -> "Chain":
        return self if replacements[0] is None else Chain((*self._layers[:-1], replacements[0]), self._input_shape)

    def with_layers(self, replace: ReplaceLayer) -> "Chain":
        return Chain(map(replace, self._layers), self._input_shape)

    def as_graph(self, make_input: Callable[[], SymbolicTensor], before: Network | None = None) -> Graph:
        """The same layers called on a symbolic input, so that inner outputs can be used.

        Calls in the graph of an earlier version of the chain are kept as far as the layers are the same.
        """
        start = output = make_input()
        called = [] if before is None or before.inputs[0] is not start else list(before.nodes)
        for number, layer in enumerate(self._layers):
            called = called if number < len(called) and called[number].layer is layer else []
            output = called[number].result if called else connect(layer, output, {})
        return Graph(start, output)

    def _first_with_weights(self) -> int:
        for number, layer in enumerate(self._layers):
            if layer.has_weights:
                return number
        return len(self._layers)
