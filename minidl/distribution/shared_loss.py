"""Losses whose mean does not divide by the number of rows: the factor that makes the ranks' means the mean of all."""

import copy
from typing import Any

import numpy as np

from minidl.config.processes import Processes
from minidl.config.types import Array, Tensors
from minidl.losses.compile_loss import CompileLoss
from minidl.losses.loss import Loss
from minidl.losses.output_losses import ChosenCrossentropy, SumOfLosses
from minidl.losses.sample_weights import combined_weights


def shared(loss: object, ranks: Processes) -> Any:
    """The compiled losses of a model for a part of a batch."""
    if not isinstance(loss, CompileLoss):
        return loss  # a model's own compute_loss counts as a mean over rows
    changed = copy.copy(loss)
    changed.losses = [None if one is None else SharedLoss(one, ranks) for one in loss.losses]
    return changed


class SharedLoss(Loss):
    """A loss of a part of a batch, scaled so that the mean over ranks, weighted by rows, is the loss of the whole batch.

    A plain mean needs no factor. One that divides by the number of unmasked values, or by the sum of the weights, needs the
    number or sum of the other ranks, and a sum does not divide at all.
    """

    def __init__(self, loss: Loss, ranks: Processes) -> None:
        super().__init__(loss.name)
        self.loss, self.ranks = loss, ranks

    def value_and_grad(
        self, y_true: Tensors, y_pred: Array, sample_weight: object = None, mask: Array | None = None
    ) -> tuple[float, Array]:
        """Value and gradient, scaled."""
        loss = self.loss.chosen(y_true.shape, y_pred.shape) if isinstance(self.loss, ChosenCrossentropy) else self.loss
        if isinstance(loss, SumOfLosses):
            found = [SharedLoss(one, self.ranks).value_and_grad(y_true, y_pred, sample_weight, mask) for one in loss.members]
            return sum(value for value, _ in found), np.add.reduce([gradient for _, gradient in found])
        value, gradient = loss.value_and_grad(y_true, y_pred, sample_weight, mask)
        scale = self._scale(loss, y_true, y_pred, sample_weight, mask)
        return (value, gradient) if scale is None else (np.sum(value) * scale, gradient * gradient.dtype.type(scale))

    def _scale(
        self, loss: Loss, y_true: object, y_pred: object, sample_weight: object, mask: Array | list[Array | None] | None
    ) -> float | None:
        """This rank's share of the divisor, divided by its share of the rows; `None` for 1."""
        rows = float(self.ranks.rows or 0)
        if loss.reduction in ("sum", "none", None):
            divisor = None
        else:
            divisor = _divisor(loss, y_true, y_pred, sample_weight, mask)
            if divisor is None:
                return None
        sums = np.array([rows, divisor or 0.0]) if rows else np.zeros(2)
        own = sums.copy()
        self.ranks.sum("the divisor of a loss", [sums])
        if not rows:
            return 0.0
        share = 1.0 if divisor is None else own[1] / (sums[1] or 1.0)
        return float(share * sums[0] / rows)


def _divisor(loss: Loss, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors, mask: Tensors) -> float | None:
    """What the mean divides by; `None` for the number of all values, which is proportional to the rows."""
    counted = loss.counted(loss.prepare(y_true, y_pred))
    by_weight = loss.reduction == "mean_with_sample_weight"
    if mask is None and counted is None and (not by_weight or sample_weight is None):
        return None
    values = loss._weighted_values(y_true, y_pred, sample_weight, mask)[1]  # of the shape of the loss's values
    weights, count = combined_weights(values, sample_weight, mask, counted)
    return float(weights.sum()) if by_weight else count
