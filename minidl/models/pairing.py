"""Pairing: a softmax or sigmoid at an output, and the cross-entropy that takes it over to work on the logits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minidl.losses.loss import Loss

if TYPE_CHECKING:
    from minidl.models.model import Model


def pair_outputs(model: "Model", losses: Sequence[Loss | None]) -> tuple[Any, list[Any]]:
    """The model without the activations that its losses take over, and those activations, one for each output.

    An output is paired when one layer alone makes it, ends in softmax or sigmoid, and the loss is its own cross-entropy on
    probabilities along the last axis.
    """
    views: list[Any] = []
    activations: list[Any] = []
    for loss, layer in zip(losses, model.output_layers(len(losses)), strict=True):
        split = None if layer is None or loss is None or model.activity_regularizer is not None else layer.split_activation()
        paired = split is not None and loss is not None and _is_own(loss, split[1])
        views.append(split[0] if paired and split is not None else None)
        activations.append(split[1] if paired and split is not None else None)
    return (model.with_output_layers(views) if any(views) else model), activations


def _is_own(loss: Loss, activation: Any) -> bool:
    """Whether this loss, as it is set, is the cross-entropy of that activation."""
    return loss.paired_activation == activation.__name__ and not loss.from_logits and getattr(loss, "axis", -1) == -1


def has_own_loss(model: "Model") -> bool:
    """Whether the model's class overrides `compute_loss`."""
    from minidl.models.model import Model

    return type(model).compute_loss is not Model.compute_loss
