"""Accuracy metrics."""

import math
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array
from minidl.losses.label_checks import match_labels
from minidl.losses.target_checks import match_rank
from minidl.metrics.mean import MeanMetric


class Accuracy(MeanMetric):
    """Fraction of predictions that equal the targets.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
        0.75
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.equal(match_rank(y_true, y_pred.shape, self.name), y_pred)


class BinaryAccuracy(MeanMetric):
    """Fraction of values where `(y_pred > threshold) == y_true`, for targets 0 and 1; NaN is never right.

    Args:
        name, dtype: as for every `Metric`.
        threshold: probabilities above it count as 1.
    Example:
        >>> BinaryAccuracy()([1, 1, 0, 0], [0.98, 1.0, 0.0, 0.6])
        0.75
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(dtype, name)
        self.threshold = check_real("BinaryAccuracy", "threshold", threshold)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        hits: Array = np.equal(match_rank(y_true, y_pred.shape, self.name), y_pred > self.threshold)
        return hits & ~np.isnan(y_pred) if has_nan(y_pred) else hits


class CategoricalAccuracy(MeanMetric):
    """Fraction of rows where `argmax(y_pred) == argmax(y_true)`, for one-hot targets; rows with NaN are never right.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _is_largest(_one_hot_labels(y_true, y_pred, self.name), y_pred)


class SparseCategoricalAccuracy(MeanMetric):
    """Fraction of rows where `argmax(y_pred) == y_true`, for integer labels; rows with NaN are never right.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _is_largest(match_labels(_reshaped(y_true, y_pred.shape[:-1]), y_pred.shape, owner=self.name), y_pred)


class TopKCategoricalAccuracy(MeanMetric):
    """Fraction of rows whose true class is among the k largest predictions, for one-hot targets.

    Args:
        k: number of the largest predictions that count.
        name, dtype: as for every `Metric`.
    Example:
        >>> TopKCategoricalAccuracy(k=2)([[1, 0, 0], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.k = check_positive_integer("TopKCategoricalAccuracy", "k", k)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _in_top_k(_one_hot_labels(y_true, y_pred, self.name), y_pred, self.k)


class SparseTopKCategoricalAccuracy(MeanMetric):
    """Fraction of rows whose label is among the k largest predictions.

    Args:
        k: number of the largest predictions that count.
        name, dtype: as for every `Metric`.
        from_sorted_ids: whether `y_pred` holds class ids, most probable first, instead of scores.
    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([0, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = None,
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.k = check_positive_integer("SparseTopKCategoricalAccuracy", "k", k)
        self.from_sorted_ids = from_sorted_ids

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = match_labels(_reshaped(y_true, y_pred.shape[:-1]), y_pred.shape, owner=self.name)
        if self.from_sorted_ids:
            found: Array = (labels[..., np.newaxis] == y_pred[..., : self.k]).any(axis=-1)
            return found
        classes = y_pred.shape[-1]
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(
                f"{self.name} expects labels from 0 to {classes - 1}, got some from {labels.min()} to {labels.max()}"
            )
        return _in_top_k(labels.astype(np.intp), y_pred, self.k)


def _one_hot_labels(y_true: Array, y_pred: Array, owner: str) -> Array:
    """The class of each one-hot row."""
    labels: Array = match_rank(y_true, y_pred.shape, owner).argmax(axis=-1)
    return labels


def _reshaped(labels: Array, shape: tuple[int, ...]) -> Array:
    """Labels with the outputs' shape if there are as many of them, such as (batch * steps, 1) for (batch, steps)."""
    several = labels.ndim == 2 and labels.shape[1] == 1 and len(shape) == 2
    return labels.reshape(shape) if several and labels.size == math.prod(shape) else labels


def _is_largest(labels: Array, y_pred: Array) -> Array:
    """Whether the true class has the largest score of its row, and no score of it is NaN."""
    matches: Array = labels == y_pred.argmax(axis=-1)
    return matches & ~np.isnan(y_pred).any(axis=-1) if has_nan(y_pred) else matches


def has_nan(y_pred: Array) -> bool:
    """Whether a prediction is NaN: the minimum is NaN then."""
    return bool(y_pred.size) and bool(np.isnan(np.minimum.reduce(y_pred, None)))


def _in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Whether fewer than k classes have a larger score than the true one; ties count as correct as in Keras, NaN never."""
    likelihood = np.take_along_axis(y_pred, labels[..., np.newaxis], axis=-1)
    likelier: Array = (y_pred > likelihood).sum(axis=-1)
    hits: Array = (likelier < k) & ~np.isnan(likelihood[..., 0])
    return hits
