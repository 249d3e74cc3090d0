"""A warning for a cross-entropy on outputs that are not probabilities, or on probabilities as if they were logits."""

import warnings
from typing import Any

from minidl.config.model_warning import ModelWarning
from minidl.losses.generalized_crossentropy import CategoricalGeneralizedCrossEntropy
from minidl.models.output_endings import output_endings
from minidl.models.protocol import Trainable

_CONFINED = ("hard_sigmoid", "sigmoid", "softmax", "sparse_sigmoid", "sparsemax", "threshold")  # outputs may be probabilities


def warn_about_logits(model: Trainable) -> None:
    """Warn once of each output whose last activation does not fit its cross-entropy; Keras says nothing."""
    if model.overrides("compute_loss") or model.overrides("train_step"):
        return
    endings = output_endings(model.network)
    if len(endings) != len(model.output_losses):
        return
    for loss, (layer, activation) in zip(model.output_losses, endings, strict=True):
        message = _mismatch(loss, layer, activation)
        if message is not None:
            warnings.warn(message, ModelWarning, stacklevel=3)


def _mismatch(loss: Any, layer: Any, activation: str) -> str | None:
    if not type(loss).__module__.startswith("minidl."):
        return None
    name = type(loss).__name__
    paired = "softmax" if isinstance(loss, CategoricalGeneralizedCrossEntropy) else getattr(loss, "paired_activation", None)
    if paired is None:
        return None
    title = getattr(layer, "title", "the model")
    if loss.from_logits:
        if activation not in ("softmax", "sigmoid"):
            return None
        return (
            f"{title} ends in a {activation}, and {name}(from_logits=True) applies a {paired} to it again; remove "
            f"from_logits=True, or the activation"
        )
    if activation in ("", *_CONFINED):
        return None
    logits = "" if isinstance(loss, CategoricalGeneralizedCrossEntropy) else f", or compile with {name}(from_logits=True)"
    ends = "has no activation" if activation == "linear" else f"ends in {activation}"
    return f'{title} {ends}, so its outputs are not the probabilities that {name} expects; use activation="{paired}"{logits}'
