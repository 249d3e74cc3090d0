"""Metrics that are the mean of a loss: regression errors, hinge and cross-entropy losses, `KLDivergence`, `Poisson`."""

from __future__ import annotations

import math

import numpy as np

from minidl import losses
from minidl.config.types import Array, ArrayLike, DTypeLike, Tensors
from minidl.losses.match_labels import match_labels
from minidl.losses.sample_weights import masked_weights
from minidl.losses.target_checks import match_rank
from minidl.metrics.mean import MeanMetric
from minidl.metrics.mean_of_function import LossMetric


class MeanSquaredError(MeanMetric):
    """The mean of `(y_pred - y_true)**2`.

    Example:
        >>> MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.25
    """

    direction = "down"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = np.square(_error(y_true, y_pred, self.name)).mean(axis=-1)
        return values


class MeanAbsoluteError(MeanMetric):
    """The mean of `|y_pred - y_true|`.

    Example:
        >>> MeanAbsoluteError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.25
    """

    direction = "down"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = np.abs(_error(y_true, y_pred, self.name)).mean(axis=-1)
        return values


class RootMeanSquaredError(MeanMetric):
    """The root of the mean squared error: `sqrt(mean((y_pred - y_true) ** 2))`.

    Example:
        >>> RootMeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.5
    """

    direction = "down"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(_error(y_true, y_pred, self.name))

    def result(self) -> float:
        """The square root of the mean."""
        return math.sqrt(super().result())


class CosineSimilarity(MeanMetric):
    """The mean cosine similarity, `sum(y_true * y_pred) / (norm(y_true) * norm(y_pred))`: 1 for the same direction.

    Args:
        name, dtype: as for every `Metric`.
        axis: axis of the vectors.
    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]), 4)
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None, axis: int = -1) -> None:
        super().__init__(dtype, name)
        self.axis = axis
        self._loss = losses.CosineSimilarity(axis, "none")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = -self._loss.of_steps(y_true, y_pred)
        return values


class MeanAbsolutePercentageError(LossMetric):
    """The mean of `100 * |y_pred - y_true| / |y_true|`, with `|y_true|` clipped to at least 1e-7.

    Example:
        >>> round(MeanAbsolutePercentageError()([[1, 1], [2, 2]], [[1, 1], [1, 2]]), 4)
        12.5
    """

    loss = losses.MeanAbsolutePercentageError


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of `(log(1 + y_pred) - log(1 + y_true))**2`.

    Example:
        >>> round(MeanSquaredLogarithmicError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.1201
    """

    loss = losses.MeanSquaredLogarithmicError


class LogCoshError(LossMetric):
    """The mean of `log(cosh(y_pred - y_true))`.

    Example:
        >>> round(LogCoshError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.1084
    """

    loss = losses.LogCosh

    def __init__(self, name: str | None = "logcosh", dtype: DTypeLike = None) -> None:
        super().__init__(name, dtype)


class Hinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)`; targets 0 and 1 are converted to -1 and 1.

    Example:
        >>> round(Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.3
    """

    loss = losses.Hinge


class SquaredHinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)**2`; targets 0 and 1 are converted to -1 and 1.

    Example:
        >>> round(SquaredHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.86
    """

    loss = losses.SquaredHinge


class CategoricalHinge(LossMetric):
    """The mean of `max(1 + max((1 - y_true) * y_pred) - sum(y_true * y_pred), 0)`.

    Example:
        >>> round(CategoricalHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.4
    """

    loss = losses.CategoricalHinge


class KLDivergence(LossMetric):
    """The mean Kullback-Leibler divergence, `sum(t * log(t / p))`.

    Example:
        >>> round(KLDivergence()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.4581
    """

    loss = losses.KLDivergence


class Poisson(LossMetric):
    """The mean Poisson loss, `y_pred - y_true * log(y_pred)`.

    Example:
        >>> round(Poisson()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.5
    """

    loss = losses.Poisson


class BinaryCrossentropy(LossMetric):
    """The mean binary cross-entropy, `-t * log(p) - (1 - t) * log(1 - p)`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / 2`.
    Example:
        >>> round(BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.8149
    """

    loss = losses.BinaryCrossentropy

    def __init__(
        self, name: str | None = None, dtype: DTypeLike = None, from_logits: bool = False, label_smoothing: float = 0
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.BinaryCrossentropy(from_logits, label_smoothing, reduction="none")
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(LossMetric):
    """The mean cross-entropy of one-hot targets, `-sum(t * log(p))`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / classes`.
        axis: the axis of the classes.
    Example:
        >>> round(CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    loss = losses.CategoricalCrossentropy

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.CategoricalCrossentropy(from_logits, label_smoothing, axis, "none")
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(LossMetric):
    """The mean cross-entropy of integer labels, `-log(p[label])`.

    Labels equal to `ignore_class` are ignored; in Keras they count as 0 if there are no sample weights.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits instead of probabilities.
        ignore_class: a label to ignore, or `None`.
        axis: the axis of the classes.
    Example:
        >>> round(SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    loss = losses.SparseCategoricalCrossentropy

    def __init__(
        self,
        name: str | None = None,
        dtype: DTypeLike = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self._loss = losses.SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def weights(self, y_true: Array, y_pred: Array, sample_weight: ArrayLike) -> Tensors:
        if self.ignore_class is None:
            return sample_weight
        labels = match_labels(y_true, y_pred.shape, self.axis, self.name)
        return masked_weights(labels != self.ignore_class, sample_weight)


def _error(y_true: Array, y_pred: Array, owner: str) -> Array:
    """`y_pred - y_true` in a float type, as unsigned integers would wrap around."""
    return np.subtract(y_pred, match_rank(y_true, y_pred.shape, owner), dtype=np.result_type(y_pred, np.float32))
