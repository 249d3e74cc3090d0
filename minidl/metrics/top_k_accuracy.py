"""Accuracy among the k largest predictions."""

from __future__ import annotations

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, DTypeLike
from minidl.losses.match_labels import match_labels
from minidl.metrics.accuracy import one_hot_labels, reshaped_labels
from minidl.metrics.mean import MeanMetric


class TopKCategoricalAccuracy(MeanMetric):
    """Fraction of rows whose true class is among the k largest predictions, for one-hot targets.

    `accuracy = mean(rank < k)`, where `rank = sum over c of (y_pred[c] > y_pred[label])` counts larger predictions.

    Args:
        k: number of the largest predictions that count.
        name, dtype: as for every `Metric`.
    Example:
        >>> TopKCategoricalAccuracy(k=2)([[1, 0, 0], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)
        self.k = check_positive_integer("TopKCategoricalAccuracy", "k", k)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return _in_top_k(one_hot_labels(y_true, y_pred, self.name), y_pred, self.k)


class SparseTopKCategoricalAccuracy(MeanMetric):
    """Fraction of rows whose integer label is among the k largest predictions.

    `accuracy = mean(rank < k)`, where `rank = sum over c of (y_pred[c] > y_pred[label])` counts larger predictions.

    Args:
        k: number of the largest predictions that count.
        name, dtype: as for every `Metric`.
        from_sorted_ids: whether `y_pred` holds class ids, most probable first, instead of scores.
    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([0, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]])
        0.5
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = None, dtype: DTypeLike = None, from_sorted_ids: bool = False) -> None:
        super().__init__(dtype, name)
        self.k = check_positive_integer("SparseTopKCategoricalAccuracy", "k", k)
        self.from_sorted_ids = from_sorted_ids

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = match_labels(reshaped_labels(y_true, y_pred.shape[:-1]), y_pred.shape, owner=self.name)
        if self.from_sorted_ids:
            found: Array = (labels[..., np.newaxis] == y_pred[..., : self.k]).any(axis=-1)
            return found
        classes = y_pred.shape[-1]
        if labels.size and not 0 <= labels.min() <= labels.max() < classes:
            raise ValueError(
                f"{self.name} expects labels from 0 to {classes - 1}, got some from {labels.min()} to {labels.max()}"
            )
        return _in_top_k(labels.astype(np.intp), y_pred, self.k)


def _in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Whether fewer than k classes have a larger score than the true one; ties count as correct as in Keras, NaN never."""
    likelihood = np.take_along_axis(y_pred, labels[..., np.newaxis], axis=-1)
    ranked_above: Array = (y_pred > likelihood).sum(axis=-1)
    hits: Array = (ranked_above < k) & ~np.isnan(likelihood[..., 0])
    return hits
