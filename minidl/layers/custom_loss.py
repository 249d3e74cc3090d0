"""The loss of a model that overrides `compute_loss`, written with `minidl.ops`."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Protocol
from weakref import ref

import numpy as np

from minidl.autodiff import Recording, TrackedTensor
from minidl.config.layer_like import LayerLike, ReplaceLayer, Terms, VariableLike
from minidl.config.nest import flatten, for_each_output, rebuild
from minidl.config.types import Array, Arrays, Cache, Gradients, Masks, Tensors
from minidl.graph.network import Network
from minidl.graph.tape import TapeCache
from minidl.layers.added_losses import store
from minidl.losses.compile_loss import LossResult


class ModelWithLoss(Protocol):
    """A model that overrides `compute_loss`."""

    network: Network

    @property
    def title(self) -> str: ...
    @property
    def variables(self) -> Sequence[VariableLike]: ...
    @property
    def compute_loss(self) -> Callable[..., Tensors]: ...


class CustomLoss:
    """A model's overridden `compute_loss` with its gradient, used instead of a `CompileLoss`.

    As in Keras, `compute_loss` decides about the penalties: they count if it adds `self.losses`, or calls its parent.

    Args:
        model: the model.
        outputs: number of outputs of the model.
    Raises:
        ValueError: it returns more than one number.
    Attributes:
        batch: the input of the current batch, whether the model is in training mode, and the terms of `model.losses`.
        scales: the derivatives of the loss with respect to these terms.
    """

    def __init__(self, model: ModelWithLoss, outputs: int) -> None:
        self._model = ref(model)  # which holds the loss
        self.activations: list[object] = [None] * outputs
        self.batch: tuple[object, bool, Terms] = (None, True, [])
        self.scales: list[float] = []
        self._takes_training = "training" in inspect.signature(model.compute_loss).parameters

    @property
    def model(self) -> ModelWithLoss:
        """The model."""
        model = self._model()
        if model is None:
            raise ReferenceError("the model of this loss does not exist any more; keep a reference to it")
        return model

    def __call__(self, y_true: Tensors, y_pred: Tensors, sample_weight: object = None) -> Tensors:
        """The loss value."""
        x, training, _ = self.batch
        options = {"training": training} if self._takes_training else {}  # Keras added this argument later
        y_true, y_pred, sample_weight = map(self.model.network.packed, (y_true, y_pred, sample_weight))
        return self.model.compute_loss(x, y_true, y_pred, sample_weight, **options)

    def value_and_grad(
        self, y_true: Array, y_pred: Array | list[Array], sample_weight: Array | None = None, mask: Array | None = None
    ) -> LossResult:
        """The loss, and its gradient in the structure of `y_pred`."""
        _, training, found = self.batch
        title = self.model.title
        recording = Recording(f"compute_loss of {title}", training)
        masks = for_each_output(mask, len(flatten(y_pred)))  # a loss called with these tensors counts by their masks
        outputs = [recording.track(np.asarray(y), one) for y, one in zip(flatten(y_pred), masks, strict=True)]
        terms = [recording.track(np.asarray(term, np.float32)) for _, term in found]
        store(self.model, [(layer, term) for (layer, _), term in zip(found, terms, strict=True)])
        try:
            with recording.active():
                value = self(y_true, rebuild(y_pred, outputs), sample_weight)
        finally:
            store(self.model, found)
        if value is None:
            raise TypeError(f"{title}: compute_loss returned None; return a tensor, or a number")
        shape = np.shape(value.value if isinstance(value, TrackedTensor) else value)
        if int(np.prod(shape)) != 1:
            raise ValueError(f"{title}: compute_loss returns one number, got an array of shape {shape}")
        if not training:
            return LossResult(float(value), [], None)
        gradients = recording.backward([value], [np.ones(shape)], [*outputs, *terms])
        self.scales = [float(gradient) for gradient in gradients[len(outputs) :]]
        return LossResult(float(value), [], rebuild(y_pred, gradients[: len(outputs)]))

    def predictions(self, y_pred: Array) -> Array:
        """The outputs unchanged."""
        return y_pred


class CustomLossNetwork(Network):
    """The network of such a model: it tells the loss about each batch, and adds no penalty that the loss does not contain."""

    def __init__(self, network: Network, loss: CustomLoss) -> None:
        self.network, self.loss = network, loss

    @property
    def layers(self) -> Sequence[LayerLike]:
        """The layers of the network."""
        return self.network.layers

    @property
    def has_penalty(self) -> bool:
        """Whether the network has a penalty, which evaluation then computes for `model.losses`."""
        return self.network.has_penalty

    def forward(self, x: Arrays, mask: Masks, training: bool) -> tuple[Arrays, object, Masks]:
        """The forward pass of the network."""
        y, cache, y_mask = self.network.forward(x, mask, training)
        self.loss.batch = x, training, self.network.loss_terms(cache)
        return y, cache, y_mask

    def infer(self, x: Arrays, mask: Masks) -> tuple[Arrays, Masks]:
        """The network in inference mode."""
        self.loss.batch = x, False, []
        return self.network.infer(x, mask)

    def backward(self, dy: Gradients, cache: Cache, weights_only: bool = False) -> Gradients:
        """The backward pass of the network, in which the penalties have the factor that `compute_loss` gives them.

        The network's own backward pass adds them with factor 1.
        """
        factors = set(self.loss.scales) or {1.0}
        if len(factors) > 1:
            title = self.loss.model.title
            raise ValueError(f"{title}: compute_loss must give all terms of self.losses the same factor, got {sorted(factors)}")
        factor = factors.pop()
        dx = self.network.backward(dy, cache, weights_only)
        if factor != 1:
            gradients = [(variable, variable.grad.copy()) for variable in self.loss.model.variables]
            extra = self.network.backward(rebuild(dy, [np.zeros_like(one) for one in flatten(dy)]), cache, weights_only)
            for variable, gradient in gradients:
                variable.grad = gradient + (factor - 1) * (variable.grad - gradient)
            if dx is not None:
                dx = rebuild(dx, [one + (factor - 1) * more for one, more in zip(flatten(dx), flatten(extra), strict=True)])
        return dx

    def penalty(self, cache: TapeCache) -> float:
        """0: the loss contains the penalties."""
        return 0.0

    def with_layers(self, replace: ReplaceLayer) -> CustomLossNetwork:
        changed = copy.copy(self)
        changed.network = self.network.with_layers(replace)
        return changed
