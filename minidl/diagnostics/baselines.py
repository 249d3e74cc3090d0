"""Baselines: the losses of the best constant prediction, of an untrained network and of perfect predictions."""

from typing import NamedTuple

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Array
from minidl.losses.compile_loss import CompileLoss
from minidl.losses.loss import Loss
from minidl.losses.output_losses import CompiledLoss

LEAST = 1e-4  # smallest probability in perfect predictions, so that their loss is finite


class LossBaselines(NamedTuple):
    """Losses of the best constant prediction, of an untrained network and of perfect predictions.

    An untrained classifier predicts equal probabilities; an untrained regressor is expected to be off by about 1.
    """

    constant: float
    untrained: float
    perfect: float

    def remaining(self, loss: float) -> float:
        """What is left to learn: 1 for the best constant prediction, 0 for perfect ones; infinite if the loss is not finite."""
        reach = self.constant - self.perfect
        return (loss - self.perfect) / reach if np.isfinite(loss) and reach > 0 else float("inf")


def loss_baselines(compiled: CompiledLoss, y: Array, y_pred: Array, sample_weight: object) -> LossBaselines | None:
    """Baselines of a model's loss on some rows; `None` if they cannot be computed for this loss."""
    if not isinstance(compiled, CompileLoss):
        return None  # the model overrides compute_loss
    outputs = flatten(y_pred)
    targets, weights = for_each_output(y, len(outputs)), for_each_output(sample_weight, len(outputs))
    totals = np.zeros(3)
    for loss, factor, target, output, weight in zip(compiled.losses, compiled.weights, targets, outputs, weights, strict=True):
        if loss is None:
            continue
        try:
            totals += factor * _levels(loss, np.asarray(target), output, weight)
        except (TypeError, ValueError, IndexError):
            return None
    constant, untrained, perfect = map(float, totals)
    return LossBaselines(constant, untrained, perfect) if np.isfinite(totals).all() and constant > perfect else None


def _levels(loss: Loss, target: Array, output: Array, weight: object) -> Array:
    def value(answer: Array) -> float:
        return float(np.sum(loss(target, np.broadcast_to(answer, output.shape).astype(output.dtype), weight)))

    if loss.paired_activation is None:
        t = target.reshape(output.shape).astype("float64")
        constants = [t.mean(axis=0), np.median(t, axis=0)]
        constant = min(value(constant) for constant in constants)
        return np.array([constant, max(constant, value(constants[0] + 1)), value(t)])
    t = one_hot(target, output.shape)
    share = t.reshape(-1, output.shape[-1]).mean(axis=0)
    even = np.full_like(share, 1 / len(share) if loss.paired_activation == "softmax" else 0.5)
    return np.array([value(_answer(loss, p)) for p in (share, even, t)])


def one_hot(target: Array, shape: tuple[int, ...]) -> Array:
    """Targets of a cross-entropy as probabilities of the outputs' shape, integer labels as one-hot rows."""
    *places, classes = shape
    if classes > 1 and target.size == int(np.prod(places)):
        wanted: Array = target.reshape((*places, 1)) == np.arange(classes)
        return wanted.astype("float64")
    return target.reshape(shape).astype("float64")


def _answer(loss: Loss, p: Array) -> Array:
    """Probabilities, or the corresponding logits."""
    p = np.clip(p, LEAST, 1 - LEAST)
    if not loss.from_logits:
        return p
    return np.log(p) if loss.paired_activation == "softmax" else np.log(p / (1 - p))
