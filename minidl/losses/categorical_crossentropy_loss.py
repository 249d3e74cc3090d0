"""Categorical cross-entropy (negative log-likelihood), from probabilities or from logits."""

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array, Cache
from minidl.kernels.activations.softmax import log_softmax
from minidl.losses.crossentropy import Crossentropy


class CategoricalCrossentropy(Crossentropy):
    """Cross-entropy (negative log-likelihood) of one-hot rows or rows of probabilities: `-sum(t * log(p))`.

    Probabilities are divided by their sum and clipped to [1e-7, 1 - 1e-7], as in Keras; logits `z`, with `p = softmax(z)`,
    need neither.

    Args:
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / classes`.
        axis: the axis of the classes.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., classes) -> values (batch, ...).
    Raises:
        ValueError: targets are integer labels, or rows of another number of classes.
    Example:
        >>> CategoricalCrossentropy()([[0.0, 1.0]], [[0.75, 0.25]]).round(4)
        np.float32(1.3863)
    """

    paired_activation = "softmax"

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, ...]]:
        """`-sum(t * log(p))`."""
        t = self.smoothed(y_true, y_pred.shape[self.axis])
        return cross_entropy(t, y_pred, self.from_logits, self.axis)

    def backward(self, dvalues: Array, cache: tuple[Array, ...]) -> Array:
        """`dz = softmax(z) - t`, or `dp = -t / p`, backpropagated through clipping and normalization."""
        return cross_entropy_backward(dvalues, cache, self.from_logits, self.axis)

    def backward_targets(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """`dt = -log(p)`."""
        if self.from_logits:
            log_p = log_softmax(y_pred, self.axis)
        else:
            log_p = np.log(clip_probabilities(y_pred / probability_total(y_pred, self.axis)))
        return -log_p * np.expand_dims(dvalues * (1 - self.label_smoothing), self.axis)


def cross_entropy(t: Array, y_pred: Array, from_logits: bool, axis: int) -> tuple[Array, tuple[Array, ...]]:
    """`-sum(t * log(p))` along an axis: `p` is the softmax of logits, or normalized and clipped probabilities."""
    if from_logits:
        log_p = log_softmax(y_pred, axis)
        return -(t * log_p).sum(axis=axis), (t, log_p)
    total = probability_total(y_pred, axis)
    share = y_pred / total
    return -(t * np.log(clip_probabilities(share))).sum(axis=axis), (t, share, total)


def cross_entropy_backward(dvalues: Array, cache: Cache, from_logits: bool, axis: int) -> Array:
    """On logits `dz = softmax(z) * sum(t) - t`, where `sum(t)` is 1 for one-hot rows; otherwise through each step."""
    if from_logits:
        t, log_p = cache
        dy_pred: Array = np.exp(log_p) * t.sum(axis=axis, keepdims=True) - t
    else:
        t, share, total = cache
        p = clip_probabilities(share)
        dshare = -t / p * (p == share)
        dy_pred = (dshare - (dshare * share).sum(axis=axis, keepdims=True)) / total
    dy_pred *= np.expand_dims(dvalues, axis)
    return dy_pred


def probability_total(y_pred: Array, axis: int) -> Array:
    """Sum of the probabilities along an axis, keeping it; 1 where the sum is 0, so that rows of zeros stay zero."""
    total = y_pred.sum(axis=axis, keepdims=True)
    total[total == 0] = 1
    return np.asarray(total)


def clip_probabilities(p: Array) -> Array:
    """Probabilities clipped so that log(p) and log(1 - p) are finite."""
    return np.clip(p, epsilon(), 1 - epsilon())
