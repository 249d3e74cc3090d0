"""Right and wrong predictions counted: `TruePositives` and its three fellows, `Precision`, `Recall`."""

from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.metrics.thresholds import LOWEST, ThresholdMetric, check_thresholds, figure, fitted, share


class ConfusionCount(ThresholdMetric):
    """The base of the four counts; each names the one that it shows."""

    counted = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self.thresholds = check_thresholds(type(self).__name__, thresholds)
        super().__init__(self.thresholds, name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.count(*fitted(y_true, y_pred, sample_weight, self.name))

    def result(self) -> Any:
        return figure(getattr(self, self.counted))


class TruePositives(ConfusionCount):
    """How many of the predictions above a threshold are right.

    Args:
        thresholds: one number in [0, 1], or several, for each of which there is a count; 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
        2.0
    """

    counted = "true_positives"


class FalsePositives(ConfusionCount):
    """How many of the predictions above a threshold are wrong.

    Args:
        thresholds: one number in [0, 1], or several, for each of which there is a count; 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
        2.0
    """

    counted = "false_positives"


class TrueNegatives(ConfusionCount):
    """How many of the predictions up to a threshold are right.

    Args:
        thresholds: one number in [0, 1], or several, for each of which there is a count; 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
        2.0
    """

    counted = "true_negatives"


class FalseNegatives(ConfusionCount):
    """How many of the predictions up to a threshold are wrong.

    Args:
        thresholds: one number in [0, 1], or several, for each of which there is a count; 0.5 by default.
        name, dtype: as for every `Metric`.
    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
        2.0
    """

    counted = "false_negatives"


class Precision(ThresholdMetric):
    """How many of the positive predictions are right: `true positives / (true positives + false positives)`.

    Args:
        thresholds: one number in [0, 1], or several, each with its precision; 0.5 by default, none with `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: the only class that counts.
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Precision()([0, 1, 1, 1], [1, 0, 1, 1]), 4)
        0.6667
    """

    direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.top_k = None if top_k is None else check_positive_integer("Precision", "top_k", top_k)
        self.class_id = class_id
        self.thresholds = check_thresholds("Precision", thresholds, 0.5 if top_k is None else LOWEST)
        super().__init__(self.thresholds, name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.count(*fitted(y_true, y_pred, sample_weight, self.name, self.class_id, self.top_k))

    def result(self) -> Any:
        return figure(share(self.true_positives, self.false_positives))


class Recall(ThresholdMetric):
    """How many of the true ones are found: `true positives / (true positives + false negatives)`.

    Args:
        thresholds: one number in [0, 1], or several, each with its recall; 0.5 by default, none with `top_k`.
        top_k: only the k largest predictions of a row can be positive.
        class_id: the only class that counts.
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Recall()([0, 1, 1, 1], [1, 0, 1, 1]), 4)
        0.6667
    """

    direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self.top_k = None if top_k is None else check_positive_integer("Recall", "top_k", top_k)
        self.class_id = class_id
        self.thresholds = check_thresholds("Recall", thresholds, 0.5 if top_k is None else LOWEST)
        super().__init__(self.thresholds, name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.count(*fitted(y_true, y_pred, sample_weight, self.name, self.class_id, self.top_k))

    def result(self) -> Any:
        return figure(share(self.true_positives, self.false_negatives))
