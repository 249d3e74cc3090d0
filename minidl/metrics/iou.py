"""Intersection over union: how well predicted regions cover the true ones, class by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.losses.sample_weights import align_weights
from minidl.metrics.metric import Metric


class Overlap(Metric):
    """The base: a table of true classes (rows) and predicted ones (columns), and from it the mean of what is asked for.

    A class that neither came nor was predicted counts for nothing, nor does a label outside 0 ... classes - 1. Weights may
    be fractions, which Keras cuts down to whole numbers.
    """

    direction = "up"

    def __init__(
        self,
        num_classes: int,
        class_ids: Sequence[int],
        name: str | None,
        dtype: Any,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype, name)
        self.num_classes = check_positive_integer(type(self).__name__, "num_classes", num_classes)
        if not all(0 <= number < num_classes for number in class_ids):
            raise ValueError(f"{type(self).__name__} expects class ids in 0 ... {num_classes - 1}, got {list(class_ids)}")
        self._class_ids = list(class_ids)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.reset_state()

    def reset_state(self) -> None:
        self.total_cm = np.zeros((self.num_classes, self.num_classes))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in labels (or rows of classes, whose largest is meant), with one weight for each row or each label."""
        true = np.asarray(y_true) if self.sparse_y_true else np.argmax(y_true, axis=self.axis)
        predicted = np.asarray(y_pred) if self.sparse_y_pred else np.argmax(y_pred, axis=self.axis)
        self.add(true, predicted, sample_weight)

    def add(self, true: Array, predicted: Array, sample_weight: Any) -> None:
        """Add labels to the table."""
        if true.size != predicted.size:
            raise ValueError(f"{self.name} expects as many labels as predictions, got {true.shape} and {predicted.shape}")
        weights = np.ones((1,) * true.ndim)
        if sample_weight is not None:
            weights = align_weights(np.asarray(sample_weight, np.float64), true.shape)
        weights = np.broadcast_to(weights, true.shape).ravel()
        true, predicted = true.ravel().astype(np.intp), predicted.ravel().astype(np.intp)
        known = (true >= 0) & (true < self.num_classes) & (predicted >= 0) & (predicted < self.num_classes)
        if self.ignore_class is not None:
            known &= true != self.ignore_class
        cell = self.num_classes * true[known] + predicted[known]
        counts = np.bincount(cell, weights[known], self.num_classes**2)
        self.total_cm = self.total_cm + counts.reshape(self.num_classes, self.num_classes)

    def result(self) -> float:
        both = self.total_cm.diagonal()
        either = (self.total_cm.sum(axis=0) + self.total_cm.sum(axis=1) - both)[self._class_ids]
        met = either > 1e-9
        return float((both[self._class_ids] / (either + epsilon()))[met].sum() / (met.sum() + epsilon()))


class IoU(Overlap):
    """The mean, over the classes that are asked for, of what truth and prediction share, over what either covers.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes that are asked for.
        name, dtype: as for every `Metric`.
        ignore_class: a label whose places count for nothing.
        sparse_y_true, sparse_y_pred: whether they are labels, or else rows of classes.
        axis: the axis of the classes in such rows.
    Example:
        >>> round(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        self.target_class_ids = list(target_class_ids)


class MeanIoU(Overlap):
    """The mean, over all classes, of what truth and prediction share, over what either covers.

    Args:
        num_classes: how many classes there are.
        name, dtype: as for every `Metric`.
        ignore_class: a label whose places count for nothing.
        sparse_y_true, sparse_y_pred: whether they are labels, or else rows of classes.
        axis: the axis of the classes in such rows.
    Example:
        >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(Overlap):
    """`IoU` of one-hot targets and of predictions for each class, whose largest is meant.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes that are asked for.
        name, dtype: as for every `Metric`.
        ignore_class: a label whose places count for nothing.
        sparse_y_pred: whether predictions are labels, or else rows of classes.
        axis: the axis of the classes in such rows.
    Example:
        >>> round(OneHotIoU(2, [0])([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), 4)
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)
        self.target_class_ids = list(target_class_ids)


class OneHotMeanIoU(Overlap):
    """`MeanIoU` of one-hot targets and of predictions for each class, whose largest is meant.

    Args:
        num_classes: how many classes there are.
        name, dtype: as for every `Metric`.
        ignore_class: a label whose places count for nothing.
        sparse_y_pred: whether predictions are labels, or else rows of classes.
        axis: the axis of the classes in such rows.
    Example:
        >>> round(OneHotMeanIoU(2)([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), 4)
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, False, sparse_y_pred, axis)


class BinaryIoU(Overlap):
    """`IoU` of two classes, predictions being probabilities of class 1.

    Args:
        target_class_ids: the classes that are asked for, 0, 1 or both.
        threshold: probabilities of at least so much mean 1.
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
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.target_class_ids = target_class_ids
        self.threshold = check_real("BinaryIoU", "threshold", threshold)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in labels 0 and 1, and probabilities."""
        self.add(np.asarray(y_true), np.asarray(y_pred) >= self.threshold, sample_weight)
