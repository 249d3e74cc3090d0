"""Cross-entropies: the surprise of a prediction at what came, from probabilities or from logits."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, Shape
from minidl.kernels.activations.smooth import sigmoid, softplus
from minidl.kernels.activations.softmax import log_softmax
from minidl.kernels.softmax_crossentropy import softmax_crossentropy, softmax_crossentropy_backward
from minidl.losses.loss import Loss
from minidl.losses.target_checks import check_labels, check_one_hot, check_probabilities, match_labels


class BinaryCrossentropy(Loss):
    """Surprise at yes or no: `-t * log(p) - (1 - t) * log(1 - p)`, the mean over an axis.

    Probabilities are kept within 1e-7 of 0 and 1, as in Keras; logits `z`, with `p = sigmoid(z)`, need no such limit.

    Args:
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to 1/2.
        axis: the axis of the mean.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Raises:
        ValueError: targets outside [0, 1], or of another shape than the outputs.
    Example:
        >>> BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]]).round(4)
        np.float32(0.6931)
    """

    paired_activation = "sigmoid"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = check_real("BinaryCrossentropy", "label_smoothing", label_smoothing, 0.0, 1.0)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """The mean of `-t * log(p) - (1 - t) * log(1 - p)`; on logits the same is `softplus(z) - t * z`."""
        t = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        if self.from_logits:  # softplus(z) = max(z, 0) + softplus(-|z|): large numbers cancel before small ones are added
            surprise = np.maximum(y_pred, 0) - t * y_pred + softplus(-np.abs(y_pred))
        else:
            p = _clip(y_pred)
            surprise = -t * np.log(p) - (1 - t) * np.log(1 - p)
        return surprise.mean(axis=self.axis), (t, y_pred)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dz = (sigmoid(z) - t) / n`, or `dp = (p - t) / (p * (1 - p)) / n`, and 0 where p was clipped."""
        t, y_pred = cache
        if self.from_logits:
            dy_pred: Array = sigmoid(y_pred) - t
        else:
            p = _clip(y_pred)
            dy_pred = (p - t) / (p * (1 - p)) * (p == y_pred)
        dy_pred *= np.expand_dims(dvalues / y_pred.shape[self.axis], self.axis)
        return dy_pred

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        super().check_targets(y_true, output_shape)
        check_probabilities(self.name, y_true)


class CategoricalCrossentropy(Loss):
    """Surprise at one of several classes, given as one-hot rows (or rows of probabilities): `-sum(t * log(p))`.

    Probabilities are divided by their sum and kept within 1e-7 of 0 and 1, as in Keras; logits `z`, with `p = softmax(z)`,
    need neither.

    Args:
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to the uniform distribution.
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

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = check_real("CategoricalCrossentropy", "label_smoothing", label_smoothing, 0.0, 1.0)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """`-sum(t * log(p))`."""
        t = y_true * (1 - self.label_smoothing) + self.label_smoothing / y_pred.shape[self.axis]
        return _cross_entropy(t, y_pred, self.from_logits, self.axis)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dz = softmax(z) - t`, or `dp = -t / p`, taken back through clipping and division."""
        return _cross_entropy_backward(dvalues, cache, self.from_logits, self.axis)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_one_hot(self.name, y_true, output_shape, self.axis)
        super().check_targets(y_true, output_shape)
        check_probabilities(self.name, y_true)


class SparseCategoricalCrossentropy(Loss):
    """Surprise at one of several classes, given as integer labels: `-log(p[label])`.

    The same as `CategoricalCrossentropy` on one-hot rows.

    Args:
        from_logits: whether `y_pred` are logits in place of probabilities.
        ignore_class: a label whose values count for nothing, such as -1 for "unknown"; `None` ignores none.
        reduction: as for every `Loss`; means are over the values that count.
        axis: the axis of the classes.
        name, dtype: as for every `Loss`.
    Shapes:
        y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> values (batch, ...).
    Raises:
        ValueError: labels are of a float type, one-hot rows, or outside 0 ... classes - 1.
    Example:
        >>> SparseCategoricalCrossentropy()([1], [[0.75, 0.25]]).round(4)
        np.float32(1.3863)
    """

    paired_activation = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def prepare(self, y_true: Any, y_pred: Array) -> Array:
        """The labels, checked, without a last axis of size 1."""
        labels = np.asarray(y_true)
        self.check_targets(labels, y_pred.shape)
        return match_labels(labels, y_pred.shape, self.axis, self.name)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """`-sum(t * log(p))`, where `t` is 1 at the label and 0 elsewhere."""
        if self._is_plain:
            return softmax_crossentropy(y_true, y_pred)
        one_hot = y_true[..., np.newaxis] == np.arange(y_pred.shape[self.axis])
        if self.ignore_class is not None:
            one_hot &= (y_true != self.ignore_class)[..., np.newaxis]
        t = np.moveaxis(one_hot, -1, self.axis).astype(y_pred.dtype)
        return _cross_entropy(t, y_pred, self.from_logits, self.axis)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dz = softmax(z) - t`, or `dp = -t / p`, taken back through clipping and division."""
        if self._is_plain:
            return softmax_crossentropy_backward(dvalues, cache)
        return _cross_entropy_backward(dvalues, cache, self.from_logits, self.axis)

    @property
    def _is_plain(self) -> bool:
        """Whether this is what nearly every classifier learns by: logits along the last axis, every label counting."""
        return self.from_logits and self.ignore_class is None and self.axis == -1

    def counted(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != self.ignore_class

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_labels(self.name, y_true, output_shape, self.axis, self.ignore_class)


def _cross_entropy(t: Array, y_pred: Array, from_logits: bool, axis: int) -> tuple[Array, Any]:
    """`-sum(t * log(p))` along an axis: `p` is the softmax of logits, or each probability's share of their sum, clipped."""
    if from_logits:
        log_p = log_softmax(y_pred, axis)
        return -(t * log_p).sum(axis=axis), (t, log_p)
    total = probability_total(y_pred, axis)
    share = y_pred / total
    return -(t * np.log(_clip(share))).sum(axis=axis), (t, share, total)


def _cross_entropy_backward(dvalues: Array, cache: Any, from_logits: bool, axis: int) -> Array:
    """On logits `dz = softmax(z) * sum(t) - t`, where `sum(t)` is 1 for one-hot rows; else back through each step."""
    if from_logits:
        t, log_p = cache
        dy_pred: Array = np.exp(log_p) * t.sum(axis=axis, keepdims=True) - t
    else:
        t, share, total = cache
        p = _clip(share)
        dshare = -t / p * (p == share)
        dy_pred = (dshare - (dshare * share).sum(axis=axis, keepdims=True)) / total
    dy_pred *= np.expand_dims(dvalues, axis)
    return dy_pred


def probability_total(y_pred: Array, axis: int) -> Array:
    """What probabilities add up to along an axis, which is kept; 1 where that is 0, so that a row of zeros stays one."""
    total = y_pred.sum(axis=axis, keepdims=True)
    total[total == 0] = 1
    return np.asarray(total)


def _clip(p: Array) -> Array:
    """Probabilities that have a logarithm, as has 1 minus them."""
    return np.clip(p, epsilon(), 1 - epsilon())
