"""Metrics as functions, as in Keras: one value per row, without averaging. Functions of losses are in `losses`."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array, ArrayLike
from minidl.metrics.accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from minidl.metrics.correlation import ConcordanceCorrelation, PearsonCorrelation
from minidl.metrics.mean import MeanMetric
from minidl.metrics.top_k_accuracy import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> Array:
    """`BinaryAccuracy` of each value: 1 where `(y_pred > threshold) == y_true`, otherwise 0.

    Example:
        >>> binary_accuracy([[1], [0]], [[0.7], [0.6]])
        array([[1.],
               [0.]], dtype=float32)
    """
    return _each(BinaryAccuracy(threshold=threshold), y_true, y_pred)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """`CategoricalAccuracy` of each row: 1 where `argmax(y_pred) == argmax(y_true)`, otherwise 0.

    Example:
        >>> categorical_accuracy([[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]])
        array([1., 0.], dtype=float32)
    """
    return _each(CategoricalAccuracy(), y_true, y_pred)


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    """`SparseCategoricalAccuracy` of each row: 1 where `argmax(y_pred) == y_true`, otherwise 0.

    Example:
        >>> sparse_categorical_accuracy([1, 0], [[0.1, 0.9], [0.2, 0.8]])
        array([1., 0.], dtype=float32)
    """
    return _each(SparseCategoricalAccuracy(), y_true, y_pred)


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> Array:
    """`TopKCategoricalAccuracy` of each row: 1 where the class of the one-hot target is among the k largest predictions.

    Example:
        >>> top_k_categorical_accuracy([[0, 1, 0], [0, 0, 1]], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2)
        array([1., 0.], dtype=float32)
    """
    return _each(TopKCategoricalAccuracy(k), y_true, y_pred)


def sparse_top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5, from_sorted_ids: bool = False) -> Array:
    """`SparseTopKCategoricalAccuracy` of each row: 1 where the label is among the k largest predictions, otherwise 0.

    Example:
        >>> sparse_top_k_categorical_accuracy([1, 2], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2)
        array([1., 0.], dtype=float32)
    """
    return _each(SparseTopKCategoricalAccuracy(k, from_sorted_ids=from_sorted_ids), y_true, y_pred)


def pearson_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Array:
    """One value of `PearsonCorrelation` for each row.

    Example:
        >>> pearson_correlation([[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]]).round(2)
        array([1.], dtype=float32)
    """
    return _each(PearsonCorrelation(axis=axis), y_true, y_pred)


def concordance_correlation(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Array:
    """One value of `ConcordanceCorrelation` for each row.

    Example:
        >>> concordance_correlation([[1.0, 2.0, 3.0]], [[2.0, 3.0, 4.0]]).round(2)
        array([0.57], dtype=float32)
    """
    return _each(ConcordanceCorrelation(axis=axis), y_true, y_pred)


def _each(metric: MeanMetric, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    return metric.values(np.asarray(y_true), np.asarray(y_pred)).astype(np.float32)
