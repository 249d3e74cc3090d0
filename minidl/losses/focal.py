"""Focal cross-entropy losses, which reduce the weight of well-classified examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.checks import check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.kernels.activations.relu import positive_part
from minidl.kernels.activations.smooth import sigmoid, softplus
from minidl.kernels.activations.softmax import log_softmax
from minidl.losses.categorical_crossentropy_loss import probability_total
from minidl.losses.crossentropy import Crossentropy


class BinaryFocalCrossentropy(Crossentropy):
    """Binary focal cross-entropy: `miss ** gamma * binary_crossentropy`, averaged over an axis.

    `miss` is the probability of the wrong class. Probabilities are clipped to [1e-7, 1 - 1e-7] in the logarithms, as in Keras;
    logits `z`, with `p = sigmoid(z)`, are not clipped, unlike in Keras.

    Args:
        apply_class_balancing: whether class 1 is weighted by `alpha` and class 0 by `1 - alpha`.
        alpha: in [0, 1].
        gamma: at least 0; 0 gives the plain cross-entropy.
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / 2`.
        axis: the axis of the mean.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Raises:
        ValueError: targets outside [0, 1], or of another shape than the outputs.
    Source: Lin et al. 2017.
    Example:
        >>> BinaryFocalCrossentropy(from_logits=True)([[1.0]], [[0.0]]).round(4)
        np.float32(0.1733)
    """

    paired_activation = "sigmoid"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = check_real("BinaryFocalCrossentropy", "alpha", alpha, 0.0, 1.0)
        self.gamma = check_real("BinaryFocalCrossentropy", "gamma", gamma, 0.0)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array, Array, Array]]:
        """The mean of `weight * miss**gamma * crossentropy`, where `miss = t * (1 - p) + (1 - t) * p`."""
        t = self.smoothed(y_true, 2)
        if self.from_logits:
            p = shown = sigmoid(y_pred)
            crossentropy = positive_part(y_pred) - t * y_pred + softplus(-np.abs(y_pred))
        else:
            p, shown = np.clip(y_pred, epsilon(), 1 - epsilon()), y_pred
            crossentropy = -t * np.log(p) - (1 - t) * np.log(1 - p)
        miss = _positive(t * (1 - shown) + (1 - t) * shown)
        values = self._weight(t) * miss**self.gamma * crossentropy
        return np.mean(values, axis=self.axis), (t, y_pred, p, miss, crossentropy)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array, Array, Array]) -> Array:
        """`weight * (gamma * miss**(gamma - 1) * dmiss * crossentropy + miss**gamma * dcrossentropy) / n`."""
        t, y_pred, p, miss, crossentropy = cache
        dmiss = self.gamma * miss ** (self.gamma - 1) * (1 - 2 * t) * crossentropy
        if self.from_logits:
            dy_pred: Array = dmiss * p * (1 - p) + miss**self.gamma * (p - t)
        else:
            dy_pred = dmiss + miss**self.gamma * (p - t) / (p * (1 - p)) * (p == y_pred)
        dy_pred *= self._weight(t) * np.expand_dims(dvalues / y_pred.shape[self.axis], self.axis)
        return dy_pred

    def _weight(self, t: Array) -> Array | int:
        return t * self.alpha + (1 - t) * (1 - self.alpha) if self.apply_class_balancing else 1


class CategoricalFocalCrossentropy(Crossentropy):
    """Categorical focal cross-entropy, `-sum(alpha * (1 - p)**gamma * t * log(p))`.

    Probabilities are divided by their sum and clipped to [1e-7, 1 - 1e-7], as in Keras; logits `z`, with `p = softmax(z)`, are
    not clipped, unlike in Keras.

    Args:
        alpha: a number, or one for each class.
        gamma: at least 0; 0 gives the plain cross-entropy times alpha.
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / classes`.
        axis: the axis of the classes.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., classes) -> values (batch, ...).
    Raises:
        ValueError: targets are integer labels, or rows of another number of classes.
    Source: Lin et al. 2017.
    Example:
        >>> CategoricalFocalCrossentropy(alpha=1.0)([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        np.float32(0.1733)
    """

    paired_activation = "softmax"

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.alpha = alpha
        self.gamma = check_real("CategoricalFocalCrossentropy", "gamma", gamma, 0.0)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array, Array | None, Array | None]]:
        """`-sum(alpha * (1 - p)**gamma * t * log(p))`."""
        t = self.smoothed(y_true, y_pred.shape[self.axis])
        if self.from_logits:
            log_p = log_softmax(y_pred, self.axis)
            p, share, total = np.exp(log_p), None, None
        else:
            total = probability_total(y_pred, self.axis)
            share = y_pred / total
            p = np.clip(share, epsilon(), 1 - epsilon())
            log_p = np.log(p)
        weighted = np.asarray(self.alpha, p.dtype) * t
        values = -(weighted * _positive(1 - p) ** self.gamma * log_p).sum(axis=self.axis)
        return values, (weighted, p, log_p, share, total)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array, Array | None, Array | None]) -> Array:
        """`p * dp = alpha * t * (gamma * (1 - p)**(gamma - 1) * p * log(p) - (1 - p)**gamma)`, back through the softmax."""
        weighted, p, log_p, share, total = cache
        miss = _positive(1 - p)
        scaled = weighted * (self.gamma * miss ** (self.gamma - 1) * p * log_p - miss**self.gamma)
        if self.from_logits:
            dy_pred: Array = scaled - p * scaled.sum(axis=self.axis, keepdims=True)
        else:
            dshare = scaled / p * (p == share)
            dy_pred = (dshare - (dshare * share).sum(axis=self.axis, keepdims=True)) / total
        dy_pred *= np.expand_dims(dvalues, self.axis)
        return dy_pred


def _positive(miss: Array) -> Array:
    """The base of the power, at least 1e-7, so that derivatives of roots stay finite."""
    return np.maximum(miss, epsilon())
