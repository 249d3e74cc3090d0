"""`ParentPasses`: a layer's `forward` and `backward` without its `call`, for `super().call(x)` and `layer.call(x)`."""

from typing import Any

from minidl.config.types import Array, Cache, Masks, Tensors
from minidl.layers.call_arguments import names_of


class ParentPasses:
    """The passes that a built-in layer defines, also in a subclass that defines `call`; without masks and penalties.

    Args:
        layer: a layer that defines or inherits `forward` and `backward`.
    """

    has_penalty = False

    def __init__(self, layer: Any) -> None:
        self.layer, self.has_weights, self.weights = layer, layer.has_weights, layer.weights

    def _prepare(self, x: Tensors) -> Tensors:
        return self.layer._prepare(x)

    def _forward(self, x: Array, mask: Masks, training: bool, **options: Any) -> tuple[Tensors, Cache, Masks]:
        given = {"mask": mask, "training": training}
        takes = names_of(self.layer.forward) & set(given)
        y, cache = self.layer.forward(x, **{name: given[name] for name in takes}, **options)
        return y, cache, None

    def _backward(self, dy: Array, cache: Cache, weights_only: bool) -> Tensors:
        return self.layer.backward(dy, cache)
