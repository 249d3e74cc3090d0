"""Metrics as functions, as in Keras: one value per row, without averaging. Functions of losses are in `losses`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minidl.config.docstrings import function_of
from minidl.config.types import Array, ArrayLike
from minidl.metrics.accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from minidl.metrics.correlation import ConcordanceCorrelation, PearsonCorrelation
from minidl.metrics.mean import MeanMetric
from minidl.metrics.top_k_accuracy import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy


def _of(kind: type[MeanMetric], arguments: str, doc: str = "One value of `{}` for each row.") -> Callable[..., Array]:
    """The function of a metric, from an example written "arguments -> printed result"."""
    return function_of(kind, _values, __name__, doc.format(kind.__name__), arguments)


def _values(metric: MeanMetric, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    return metric.values(np.asarray(y_true), np.asarray(y_pred)).astype(np.float32)


binary_accuracy = _of(
    BinaryAccuracy,
    "[1, 0], [0.7, 0.6] -> [1. 0.]",
    "`{}` of each value: 1 where `(y_pred > threshold) == y_true`, otherwise 0.",
)
categorical_accuracy = _of(
    CategoricalAccuracy,
    "[[0, 1], [1, 0]], [[0.1, 0.9], [0.2, 0.8]] -> [1. 0.]",
    "`{}` of each row: 1 where `argmax(y_pred) == argmax(y_true)`, otherwise 0.",
)
sparse_categorical_accuracy = _of(
    SparseCategoricalAccuracy,
    "[1, 0], [[0.1, 0.9], [0.2, 0.8]] -> [1. 0.]",
    "`{}` of each row: 1 where `argmax(y_pred) == y_true`, otherwise 0.",
)
top_k_categorical_accuracy = _of(
    TopKCategoricalAccuracy,
    "[[0, 1, 0], [0, 0, 1]], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2 -> [1. 0.]",
    "`{}` of each row: 1 where the class of the one-hot target is among the k largest predictions.",
)
sparse_top_k_categorical_accuracy = _of(
    SparseTopKCategoricalAccuracy,
    "[1, 2], [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], k=2 -> [1. 0.]",
    "`{}` of each row: 1 where the label is among the k largest predictions, otherwise 0.",
)
pearson_correlation = _of(PearsonCorrelation, "[[1.0, 2.0, 3.0]], [[2.0, 4.0, 6.0]] -> [1.]")
concordance_correlation = _of(ConcordanceCorrelation, "[[1.0, 2.0, 3.0]], [[2.0, 3.0, 4.0]] -> [0.57]")
