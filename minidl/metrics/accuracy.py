"""Accuracy metrics."""

import math

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.losses.match_labels import match_labels
from minidl.losses.target_checks import match_rank
from minidl.metrics.mean import MeanMetric


class Accuracy(MeanMetric):
    """Fraction of predictions that equal the targets: `accuracy = mean(y_true == y_pred)`.

    Example:
        >>> Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
        0.75
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.equal(match_rank(y_true, y_pred.shape, self.name), y_pred)


class BinaryAccuracy(MeanMetric):
    """`accuracy = mean((y_pred > threshold) == y_true)`: fraction of right values, for targets 0 and 1; NaN is never right.

    Args:
        name, dtype: as for every `Metric`.
        threshold: probabilities above it count as 1.
    Example:
        >>> BinaryAccuracy()([1, 1, 0, 0], [0.98, 1.0, 0.0, 0.6])
        0.75
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: object = None, threshold: float = 0.5) -> None:
        super().__init__(dtype, name)
        self.threshold = check_real("BinaryAccuracy", "threshold", threshold)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        hits: Array = np.equal(match_rank(y_true, y_pred.shape, self.name), y_pred > self.threshold)
        return hits & ~np.isnan(y_pred) if has_nan(y_pred) else hits


class CategoricalAccuracy(MeanMetric):
    """`accuracy = mean(argmax(y_pred) == argmax(y_true))`, for one-hot targets; rows with NaN are never right.

    Example:
        >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _is_largest(one_hot_labels(y_true, y_pred, self.name), y_pred)


class SparseCategoricalAccuracy(MeanMetric):
    """`accuracy = mean(argmax(y_pred) == y_true)`, for integer labels; rows with NaN are never right.

    Example:
        >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _is_largest(match_labels(reshaped_labels(y_true, y_pred.shape[:-1]), y_pred.shape, owner=self.name), y_pred)


def one_hot_labels(y_true: Array, y_pred: Array, owner: str) -> Array:
    """The class of each one-hot row."""
    labels: Array = match_rank(y_true, y_pred.shape, owner).argmax(axis=-1)
    return labels


def reshaped_labels(labels: Array, shape: tuple[int, ...]) -> Array:
    """Labels with the outputs' shape if there are as many of them, such as (batch * steps, 1) for (batch, steps)."""
    several = labels.ndim == 2 and labels.shape[1] == 1 and len(shape) == 2
    return labels.reshape(shape) if several and labels.size == math.prod(shape) else labels


def _is_largest(labels: Array, y_pred: Array) -> Array:
    """Whether the true class has the largest score of its row, and no score of it is NaN."""
    matches: Array = labels == y_pred.argmax(axis=-1)
    return matches & ~np.isnan(y_pred).any(axis=-1) if has_nan(y_pred) else matches


def has_nan(y_pred: Array) -> bool:
    """Whether a prediction is NaN: the sum of squares is NaN then, and only then; `vdot` warns of no overflow."""
    return math.isnan(np.vdot(y_pred, y_pred))
