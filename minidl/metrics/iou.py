"""Intersection over union: `IoU`, `MeanIoU`, `OneHotIoU`, `OneHotMeanIoU` and `BinaryIoU`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.memory import check_memory
from minidl.config.settings import epsilon
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, ArrayLike, DTypeLike
from minidl.metrics.metric import Metric
from minidl.metrics.thresholds import weights_of


class Overlap(Metric):
    """Base class: a confusion matrix (rows: true classes, columns: predicted ones), and the mean IoU of the target classes.

    Classes that occur neither in targets nor in predictions are ignored, and so are labels outside 0 ... classes - 1. A
    prediction that is NaN misses its class. Weights may be fractions; Keras truncates them to integers.
    """

    direction = "up"

    def __init__(
        self,
        num_classes: int,
        class_ids: Sequence[int],
        name: str | None = None,
        dtype: DTypeLike = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype, name)
        self.num_classes = check_positive_integer(type(self).__name__, "num_classes", num_classes)
        check_memory(type(self).__name__, "confusion matrix", (num_classes, num_classes), 8)
        if not all(0 <= number < num_classes for number in class_ids):
            raise ValueError(f"{type(self).__name__} expects class ids in 0 ... {num_classes - 1}, got {list(class_ids)}")
        self._class_ids = list(class_ids)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((self.num_classes, self.num_classes), name="total_confusion_matrix")
        self._missed: Array = np.zeros(self.num_classes)  # targets whose prediction is NaN

    def reset_state(self) -> None:
        super().reset_state()
        self._missed = np.zeros(self.num_classes)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with labels (or scores of classes, reduced by argmax), with one weight for each row or each label."""
        true = np.asarray(y_true) if self.sparse_y_true else _classes(np.asarray(y_true), self.axis)
        predicted = np.asarray(y_pred) if self.sparse_y_pred else _classes(np.asarray(y_pred), self.axis)
        self.add(true, predicted, sample_weight)

    def add(self, true: Array, predicted: Array, sample_weight: ArrayLike | None) -> None:
        """Add labels to the confusion matrix."""
        if true.size != predicted.size:
            raise ValueError(f"{self.name} expects as many labels as predictions, got {true.shape} and {predicted.shape}")
        weights = weights_of(sample_weight, true.shape).ravel()
        nan = np.isnan(predicted.ravel())
        true, predicted = (np.where(np.isfinite(part), part, -1).ravel().astype(np.intp) for part in (true, predicted))
        counts = (true >= 0) & (true < self.num_classes)
        if self.ignore_class is not None:
            counts &= true != self.ignore_class
        known, missed = counts & (predicted >= 0) & (predicted < self.num_classes), counts & nan
        self._missed = self._missed + np.bincount(true[missed], weights[missed], self.num_classes)
        cell = self.num_classes * true[known] + predicted[known]
        cells = np.bincount(cell, weights[known], self.num_classes**2)
        self.total_cm.array[...] += cells.reshape(self.num_classes, self.num_classes)

    def result(self) -> float:
        counts = self.total_cm.array
        both = counts.diagonal()
        either = (counts.sum(axis=0) + counts.sum(axis=1) - both + self._missed)[self._class_ids]
        met = either > 1e-9
        return float((both[self._class_ids] / (either + epsilon()))[met].sum() / (met.sum() + epsilon()))


class IoU(Overlap):
    """Intersection over union, `true_positives / (true_positives + false_positives + false_negatives)`, of some classes.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes to average over.
        name, dtype: as for every `Metric`.
        ignore_class: a label to ignore.
        sparse_y_true, sparse_y_pred: whether they are integer labels instead of one-hot rows or scores.
        axis: the axis of the classes in those.
    Example:
        >>> round(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    @inherit_arguments(Overlap, without=("class_ids",))
    def __init__(self, num_classes: int, target_class_ids: Sequence[int], **kwargs: Any) -> None:
        super().__init__(num_classes, target_class_ids, **kwargs)
        self.target_class_ids = list(target_class_ids)


class MeanIoU(Overlap):
    """Intersection over union, `true_positives / (true_positives + false_positives + false_negatives)`, of all classes.

    Args:
        num_classes: number of classes.
        name, dtype: as for every `Metric`.
        ignore_class: a label to ignore.
        sparse_y_true, sparse_y_pred: whether they are integer labels instead of one-hot rows or scores.
        axis: the axis of the classes in those.
    Example:
        >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    @inherit_arguments(Overlap, without=("class_ids",))
    def __init__(self, num_classes: int, **kwargs: Any) -> None:
        super().__init__(num_classes, range(num_classes), **kwargs)


class OneHotIoU(Overlap):
    """`IoU` of one-hot targets and class scores.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes to average over.
        name, dtype: as for every `Metric`.
        ignore_class: a label to ignore.
        sparse_y_pred: whether predictions are integer labels instead of scores.
        axis: the axis of the classes in those.
    Example:
        >>> round(OneHotIoU(2, [0])([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), 4)
        0.5
    """

    @inherit_arguments(Overlap, without=("class_ids", "sparse_y_true"), last=("sparse_y_pred", "axis"))
    def __init__(self, num_classes: int, target_class_ids: Sequence[int], sparse_y_pred: bool = False, **kwargs: Any) -> None:
        super().__init__(num_classes, target_class_ids, sparse_y_true=False, sparse_y_pred=sparse_y_pred, **kwargs)
        self.target_class_ids = list(target_class_ids)


class OneHotMeanIoU(Overlap):
    """`MeanIoU` of one-hot targets and class scores.

    Args:
        num_classes: number of classes.
        name, dtype: as for every `Metric`.
        ignore_class: a label to ignore.
        sparse_y_pred: whether predictions are integer labels instead of scores.
        axis: the axis of the classes in those.
    Example:
        >>> round(OneHotMeanIoU(2)([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), 4)
        0.5
    """

    @inherit_arguments(Overlap, without=("class_ids", "sparse_y_true"), last=("sparse_y_pred", "axis"))
    def __init__(self, num_classes: int, sparse_y_pred: bool = False, **kwargs: Any) -> None:
        super().__init__(num_classes, range(num_classes), sparse_y_true=False, sparse_y_pred=sparse_y_pred, **kwargs)


class BinaryIoU(Overlap):
    """`IoU` of two classes; predictions are probabilities of class 1.

    Args:
        target_class_ids: the classes to average over, 0, 1 or both.
        threshold: probabilities of at least this value count as 1.
        name, dtype: as for every `Metric`.
    Example:
        >>> round(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
        0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.target_class_ids = target_class_ids
        self.threshold = check_real("BinaryIoU", "threshold", threshold)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with labels 0 and 1, and probabilities."""
        y_pred = np.asarray(y_pred)
        self.add(np.asarray(y_true), np.where(np.isnan(y_pred), np.nan, y_pred >= self.threshold), sample_weight)


def _classes(scores: Array, axis: int) -> Array:
    """The class with the largest score; NaN if a score is NaN."""
    return np.where(np.isnan(scores).any(axis=axis), np.nan, np.argmax(scores, axis=axis))
