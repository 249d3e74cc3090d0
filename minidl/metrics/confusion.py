"""`TruePositives`, `FalsePositives`, `TrueNegatives`, `FalseNegatives`, `Precision` and `Recall`."""

from __future__ import annotations

from typing import Any

from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import check_positive_integer
from minidl.config.types import DTypeLike
from minidl.metrics.thresholds import LOWEST, ThresholdMetric, check_thresholds, prepare_inputs, scalar_if_single, share


class ConfusionCount(ThresholdMetric):
    """Base class of the four counts; each names the one that it returns."""

    def __init__(self, thresholds: object = None, name: str | None = None, dtype: DTypeLike = None) -> None:
        self.thresholds = check_thresholds(type(self).__name__, thresholds)
        super().__init__(self.thresholds, name, dtype)
        self.accumulator = self._variables[0]

    def add_counts(self) -> None:
        setattr(self, self.parts[0], self.add_variable((len(self._thresholds),), name="accumulator"))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        self.count(*prepare_inputs(y_true, y_pred, sample_weight, self.name))

    def result(self) -> Any:
        return scalar_if_single(self.accumulator.array)


class TruePositives(ConfusionCount):
    """Number of predictions above the threshold whose target is 1: `sum(y_true * (y_pred > threshold))`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one count for each. 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
        2.0
    """

    parts = ("true_positives",)


class FalsePositives(ConfusionCount):
    """Number of predictions above the threshold whose target is 0: `sum((1 - y_true) * (y_pred > threshold))`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one count for each. 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
        2.0
    """

    parts = ("false_positives",)


class TrueNegatives(ConfusionCount):
    """Number of predictions not above the threshold whose target is 0: `sum((1 - y_true) * (y_pred <= threshold))`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one count for each. 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
        2.0
    """

    parts = ("true_negatives",)


class FalseNegatives(ConfusionCount):
    """Number of predictions not above the threshold whose target is 1: `sum(y_true * (y_pred <= threshold))`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one count for each. 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
        2.0
    """

    parts = ("false_negatives",)


class Share(ThresholdMetric):
    """Base class of `Precision` and `Recall`: a share of true positives; each names the counts that it is computed from."""

    direction = "up"

    def __init__(
        self,
        thresholds: object = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        owner = type(self).__name__
        self.top_k = None if top_k is None else check_positive_integer(owner, "top_k", top_k)
        self.class_id = class_id
        self.thresholds = check_thresholds(owner, thresholds, 0.5 if top_k is None else LOWEST)
        super().__init__(self.thresholds, name, dtype)

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        self.count(*prepare_inputs(y_true, y_pred, sample_weight, self.name, self.class_id, self.top_k))


class Precision(Share):
    """Precision: `true_positives / (true_positives + false_positives)`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one precision for each. 0.5 by default, none with
            `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Precision()([0, 1, 1, 1], [1, 0, 1, 1]), 4)
        0.6667
    """

    parts = ("true_positives", "false_positives")

    def result(self) -> Any:
        return scalar_if_single(share(self.true_positives, self.false_positives))


class Recall(Share):
    """Recall: `true_positives / (true_positives + false_negatives)`.

    Args:
        thresholds: one or several thresholds in [0, 1]; the result has one recall for each. 0.5 by default, none with
            `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Recall()([0, 1, 1, 1], [1, 0, 1, 1]), 4)
        0.6667
    """

    parts = ("true_positives", "false_negatives")

    def result(self) -> Any:
        return scalar_if_single(share(self.true_positives, self.false_negatives))
