"""`GradientSums`: the gradients of all ranks are added; between machines this begins while earlier layers still compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from minidl.config.types import Arrays, Cache, Gradients, Masks, Tensors
from minidl.graph.graph import Graph
from minidl.graph.network import Network
from minidl.layers.layer import Layer
from minidl.layers.passes import LayerCache
from minidl.variable import ParameterSlice, Variable, find_slices

LEAST = 1 << 16  # weights of a bucket: small messages take about as long as larger ones


class GradientSums:
    """The gradients of one step in buckets, in the order in which the backward pass finishes their layers, equal on all ranks.

    A network whose layers are known runs with a `BackwardHook` for each; a bucket is sent when the backward pass of its last
    layer has ended. Where all ranks share one machine, or custom code runs, all gradients are sent after the backward pass:
    then the messages compete with the computation for the same cores and memory.

    Args:
        communicator: adds arrays over all ranks.
        network: what runs.
        variables: whose gradients are added.
        rows: by which the gradient of this rank counts.
        least: weights of a bucket, unless it is the last.
    Attributes:
        network: what must run instead.
    """

    def __init__(
        self, communicator: Any, network: Network, variables: Sequence[Variable], rows: int, least: int = LEAST
    ) -> None:
        self._communicator, self._rows = communicator, rows
        self.started: list[object] = []
        early = communicator.several_machines and not network.opaque
        calls = _calls(network) if early else []
        self._uses = Counter(calls)
        self._place = {layer: place for place, layer in reversed(list(enumerate(calls)))}  # of the call that ends last
        self._buckets = _buckets(self._place, variables, least)
        self._waiting = list(self._buckets)
        self.network = network.with_layers(lambda layer: BackwardHook(layer, self._finished)) if early else network

    def finish(self) -> list[object]:
        """Send what was not sent yet, and return all that is on its way."""
        self._start(before=-1)
        return self.started

    def divide(self, rows: float) -> None:
        """Make the sums means over the rows of all ranks."""
        for _, slices in self._buckets:
            for one in slices:
                gradient = one.grad
                gradient *= 1 / rows

    def _finished(self, layer: Layer) -> None:
        """A call of this layer has added its gradients."""
        self._uses[layer] -= 1
        if not self._uses[layer]:
            self._start(self._place[layer])
            self._communicator.progress(self.started)

    def _start(self, before: int) -> None:
        """Send each bucket whose layers are all called at `before` or later."""
        while self._waiting and self._waiting[0][0] >= before:
            gradients = [one.grad for one in self._waiting.pop(0)[1]]
            for gradient in gradients:
                if self._rows:
                    gradient *= self._rows
                else:  # of one row of zeros, which may give NaN
                    gradient[...] = 0
            self.started += self._communicator.start_sum(gradients)


class BackwardHook(Layer):
    """Replaces a layer, with all its variables, and calls a function at the end of its backward pass."""

    def __init__(self, layer: Layer, hook: Callable[[Layer], None]) -> None:
        super().__init__(name=layer.name, dtype=layer.dtype)
        self.layer, self._hook = layer, hook

    def _forward(
        self, x: Arrays, mask: Masks = None, training: bool = False, **options: object
    ) -> tuple[Tensors, Cache, Masks]:
        """The layer's."""
        return self.layer._forward(x, mask, training, **options)

    def _infer(self, x: Arrays, mask: Masks = None, **options: Any) -> tuple[Tensors, Masks]:
        """The layer's."""
        return self.layer._infer(x, mask, **options)

    def _backward(self, dy: Gradients, cache: LayerCache, weights_only: bool = False) -> Tensors:
        """The layer's, then the hook."""
        dx = self.layer._backward(dy, cache, weights_only)
        self._hook(self.layer)
        return dx

    def _penalty(self, cache: LayerCache) -> float:
        """The layer's."""
        return self.layer._penalty(cache)


def _calls(network: Network) -> list[Layer]:
    """The layers in the order of their calls; one that is called several times occurs several times."""
    return list(network.node_layers if isinstance(network, Graph) else network.layers)


def _buckets(place: dict[Layer, int], variables: Sequence[Variable], least: int) -> list[tuple[int, list[ParameterSlice]]]:
    """Gradients of at least `least` weights, each with the place of the first of their layers; -1 for no layer."""
    first: dict[Variable, int] = {}
    for layer, number in sorted(place.items(), key=lambda item: item[1]):
        for variable in layer.weights:
            first.setdefault(variable, number)
    found: list[tuple[int, list[ParameterSlice]]] = []
    together: list[Variable] = []
    by_place = sorted(variables, key=lambda variable: -first.get(variable, -1))
    for number, variable in enumerate(by_place):
        together.append(variable)
        own = first.get(variable, -1)
        following = first.get(by_place[number + 1], -1) if number + 1 < len(by_place) else None
        if following is None or (following != own and sum(one.size for one in together) >= least):
            found.append((own, find_slices(together)))
            together = []
    return found
