"""Logits fusion: a softmax or sigmoid output and its own cross-entropy are computed together, from the logits."""

from collections.abc import Sequence
from typing import Any

from minidl.graph.network import Network, output_layers_of
from minidl.losses.loss import Loss


def fuse_logits(network: Network, losses: Sequence[Loss | None]) -> tuple[Network, list[Any]]:
    """The network without the activations that its losses compute themselves, and those activations, one for each output.

    An output is fused if a single layer makes it, ends in softmax or sigmoid, and the loss is the cross-entropy of that
    activation on probabilities along the last axis. The others have `None` for an activation.
    """
    views: list[Any] = []
    activations: list[Any] = []
    for loss, layer in zip(losses, output_layers_of(network, len(losses)), strict=True):
        split = None if layer is None or loss is None else layer.split_activation()
        fused = split is not None and loss is not None and _belong_together(loss, split[1])
        views.append(split[0] if fused and split is not None else None)
        activations.append(split[1] if fused and split is not None else None)
    return (network.with_output_layers(views) if any(views) else network), activations


def _belong_together(loss: Loss, activation: Any) -> bool:
    """Whether this loss, with its arguments, can be fused with that activation."""
    return loss.paired_activation == activation.__name__ and not loss.from_logits and loss.axis == -1
