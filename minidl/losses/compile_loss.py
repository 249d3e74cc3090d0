"""`CompileLoss`: one loss for each output of a model, and their weighted sum."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minidl.config.nest import flatten, for_each_output, rebuild
from minidl.config.types import Array, Arrays, Masks, Tensors
from minidl.losses.loss import Loss
from minidl.losses.sample_weights import check_mask_fits


class LossResult(NamedTuple):
    """The value of a loss over several outputs, its parts, and the gradient for each output."""

    total: float
    parts: list[float]
    gradient: Array | None


class CompileLoss:
    """The weighted sum of one loss for each output (`None` for an output without loss).

    If `activations` names a softmax or sigmoid, that output is passed as logits, and its loss is computed from logits.
    """

    def __init__(self, losses: Sequence[Loss | None], weights: Sequence[float], activations: Sequence[Any]) -> None:
        self.weights, self.activations = list(weights), list(activations)
        self.losses = [
            loss.with_logits() if loss is not None and activation is not None else loss
            for loss, activation in zip(losses, activations, strict=True)
        ]

    def __call__(self, y_true: Tensors, y_pred: Tensors, sample_weight: Arrays | None = None) -> Tensors:
        """The total alone; of tracked outputs it is recorded."""
        outputs = flatten(y_pred)
        targets, weights = (for_each_output(part, len(outputs)) for part in (y_true, sample_weight))
        terms = [
            factor * loss(target, output, weight)
            for loss, factor, target, output, weight in zip(self.losses, self.weights, targets, outputs, weights, strict=True)
            if loss is not None
        ]
        return sum(terms[1:], terms[0]) if terms else 0.0

    def value_and_grad(
        self, y_true: Arrays, y_pred: Arrays, sample_weight: Arrays | None = None, mask: Masks = None
    ) -> LossResult:
        """The total, each output's part, and the gradient in the form of `y_pred`."""
        if len(self.losses) == 1 and self.losses[0] is not None and type(y_pred) is type(y_true) is np.ndarray and mask is None:
            value, gradient = self.losses[0].value_and_grad(y_true, y_pred, sample_weight)  # the usual case, without lists
            total, factor = float(value), self.weights[0]
            return LossResult(factor * total, [total], gradient if factor == 1 else gradient * factor)
        predictions = flatten(y_pred)
        targets, weights, masks = (for_each_output(part, len(predictions)) for part in (y_true, sample_weight, mask))
        gradients: list[Array | None] = []
        total, parts = 0.0, []
        for number, (loss, factor) in enumerate(zip(self.losses, self.weights, strict=True)):
            if loss is None:
                gradients.append(None)
                continue
            if masks[number] is not None:
                check_mask_fits(masks[number], predictions[number].shape)
            value, gradient = loss.value_and_grad(targets[number], predictions[number], weights[number], masks[number])
            total += factor * float(value)
            parts.append(float(value))
            gradients.append(gradient if factor == 1 else gradient * factor)
        if not parts:  # only penalties are added to the loss
            gradients = [np.zeros_like(prediction) for prediction in predictions]
        return LossResult(total, parts, rebuild(y_pred, gradients))

    def predictions(self, y_pred: Tensors) -> Tensors:
        """The outputs as `predict` returns them: logits converted to probabilities."""
        if not any(self.activations):
            return y_pred
        outputs = zip(flatten(y_pred), self.activations, strict=True)
        return rebuild(y_pred, [y if activation is None else activation.forward(y) for y, activation in outputs])
