"""`CustomPasses`: the network of a model whose class defines its own passes; `ModelAsLayer`: what its training runs."""

from typing import Any, ClassVar

from minidl.config.layer_like import ReplaceLayer, Terms
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Masks, Tensors
from minidl.graph.chain import Chain
from minidl.graph.network import OwnedNetwork
from minidl.layers.layer import Layer


class CustomPasses(OwnedNetwork[Any]):
    """The passes of a model's class as its network, with the casts and checks of every layer.

    Raises:
        TypeError: when it runs, the model's class defines no `forward` or no `backward`.
    """

    opaque: ClassVar[bool] = True

    @property
    def layers(self) -> list[Layer]:
        """The layers that the model's attributes hold."""
        return Layer.sublayers(self.owner)

    def forward(self, x: Arrays, mask: Masks, training: bool, **options: Any) -> tuple[Arrays, object, Masks]:
        """The model's own `forward`."""
        if not self.owner.overrides("forward"):
            Layer.forward(self.owner, x)  # raises an error that names the missing method
        y, cache, mask = Layer._forward(self.owner, x, mask, training, **options)
        return y, cache.inner, mask

    def infer(self, x: Arrays, mask: Masks, **options: Any) -> tuple[Arrays, Masks]:
        """The model's own `infer`, or its `forward` without training."""
        if self.owner.overrides("infer"):
            return Layer._infer(self.owner, x, mask, **options)
        y, _, mask = self.forward(x, mask, False, **options)
        return y, mask

    def backward(self, dy: Tensors, cache: Cache, weights_only: bool = False) -> Tensors:
        """The model's own `backward`."""
        if not self.owner.overrides("backward"):
            Layer.backward(self.owner, dy, cache)  # raises an error that names the missing method
        return self.owner.backward(dy, cache)

    def penalty(self, cache: tuple[Array | tuple[Array, Array, Array], ...] | None) -> float:
        """0: a model with a penalty overrides `penalty`."""
        return 0.0

    def loss_terms(self, cache: Cache) -> Terms:
        return [(self.owner, float(self.owner.penalty(cache)))] if self.owner.overrides("penalty") else []

    @property
    def has_penalty(self) -> bool:
        return self.owner.overrides("penalty") or super().has_penalty

    @property
    def input_kinds(self) -> list[str]:
        """The shape computed by the model's class."""
        return [self.owner.input_dtype]

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        """Found by running the model on small arrays."""
        return Layer.compute_output_shape(self.owner, input_shape)


class ModelAsLayer(OwnedNetwork[Any]):
    """A chain of one layer, the model that holds it: its training runs what its class adds to its layers too."""

    @property
    def layers(self) -> list[Layer]:
        """The model."""
        return [self.owner]

    def forward(self, x: Arrays, mask: Masks, training: bool) -> tuple[Arrays, list[object], Masks]:
        """The model's forward pass."""
        return self._chain.forward(x, mask, training)

    def infer(self, x: Arrays, mask: Masks) -> tuple[Arrays, Masks]:
        return self._chain.infer(x, mask)

    def backward(self, dy: Tensors, cache: Cache, weights_only: bool = False) -> Tensors:
        """The model's backward pass."""
        return self._chain.backward(dy, cache, weights_only)

    def penalty(self, cache: Cache) -> float:
        """The model's penalties."""
        return self._chain.penalty(cache)

    def loss_terms(self, cache: list[object]) -> Terms:
        return self._chain.loss_terms(cache)

    def with_layers(self, replace: ReplaceLayer) -> Chain:
        """A chain of `function(model)`."""
        return self._chain.with_layers(replace)

    @property
    def _chain(self) -> Chain:
        return Chain([self.owner])  # made for each call: kept, it would hold the model, which holds this network
