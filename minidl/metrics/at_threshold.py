"""Metrics such as `PrecisionAtRecall`: the best of one rate at thresholds where another reaches a given value."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, ArrayLike, DTypeLike
from minidl.metrics.thresholds import ThresholdMetric, evenly_spaced, prepare_inputs, share


class OperatingPoint(ThresholdMetric):
    """Base class: the best of one rate over the thresholds at which another reaches a minimum; 0 if there is no threshold."""

    direction = "up"

    def __init__(
        self, num_thresholds: int = 200, class_id: int | None = None, name: str | None = None, dtype: DTypeLike = None
    ) -> None:
        self.num_thresholds = check_positive_integer(type(self).__name__, "num_thresholds", num_thresholds)
        self.class_id = class_id
        self.thresholds = evenly_spaced(num_thresholds) if num_thresholds > 1 else [0.5]
        super().__init__(self.thresholds, name, dtype, evenly=num_thresholds > 1)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        self.count(*prepare_inputs(y_true, y_pred, sample_weight, self.name, self.class_id))

    def rates(self) -> tuple[Array, float, Array]:
        """The constrained rate, its minimum, and the rate to maximize: arrays over the thresholds."""
        raise TypeError(f"{type(self).__name__} defines no rates()")

    def _sensitivity(self) -> Array:
        return share(self.true_positives, self.false_negatives)

    def _specificity(self) -> Array:
        return share(self.true_negatives, self.false_positives)

    def _precision(self) -> Array:
        return share(self.true_positives, self.false_positives)

    def result(self) -> float:
        constrained, minimum, maximized = self.rates()
        return float(np.where(constrained >= minimum, maximized, 0).max())


class SensitivityAtSpecificity(OperatingPoint):
    """The best sensitivity (true positive rate) at thresholds with at least this specificity.

    `sensitivity = true_positives / (true_positives + false_negatives)`, and specificity as in `SpecificityAtSensitivity`.

    Args:
        specificity: minimum specificity, in [0, 1].
        num_thresholds: number of thresholds, evenly spaced in [0, 1].
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    @inherit_arguments(OperatingPoint)
    def __init__(self, specificity: float, **kwargs: Any) -> None:
        self.specificity = check_real("SensitivityAtSpecificity", "specificity", specificity, 0.0, 1.0)
        super().__init__(**kwargs)

    def rates(self) -> tuple[Array, float, Array]:
        return self._specificity(), self.specificity, self._sensitivity()


class SpecificityAtSensitivity(OperatingPoint):
    """The best specificity (true negative rate) at thresholds with at least this sensitivity.

    `specificity = true_negatives / (true_negatives + false_positives)`, and sensitivity as in `SensitivityAtSpecificity`.

    Args:
        sensitivity: minimum sensitivity, in [0, 1].
        num_thresholds: number of thresholds, evenly spaced in [0, 1].
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.6666666666666666
    """

    @inherit_arguments(OperatingPoint)
    def __init__(self, sensitivity: float, **kwargs: Any) -> None:
        self.sensitivity = check_real("SpecificityAtSensitivity", "sensitivity", sensitivity, 0.0, 1.0)
        super().__init__(**kwargs)

    def rates(self) -> tuple[Array, float, Array]:
        return self._sensitivity(), self.sensitivity, self._specificity()


class PrecisionAtRecall(OperatingPoint):
    """The best precision at thresholds with at least this recall: `y = max over t of precision[t]`.

    Args:
        recall: minimum recall, in [0, 1].
        num_thresholds: number of thresholds, evenly spaced in [0, 1].
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    @inherit_arguments(OperatingPoint)
    def __init__(self, recall: float, **kwargs: Any) -> None:
        self.recall = check_real("PrecisionAtRecall", "recall", recall, 0.0, 1.0)
        super().__init__(**kwargs)

    def rates(self) -> tuple[Array, float, Array]:
        return self._sensitivity(), self.recall, self._precision()


class RecallAtPrecision(OperatingPoint):
    """The best recall at thresholds with at least this precision: `y = max over t of recall[t]`.

    Args:
        precision: minimum precision, in [0, 1].
        num_thresholds: number of thresholds, evenly spaced in [0, 1].
        class_id: evaluate only this class.
        name, dtype: as for every `Metric`.
    Example:
        >>> RecallAtPrecision(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        1.0
    """

    @inherit_arguments(OperatingPoint)
    def __init__(self, precision: float, **kwargs: Any) -> None:
        self.precision = check_real("RecallAtPrecision", "precision", precision, 0.0, 1.0)
        super().__init__(**kwargs)

    def rates(self) -> tuple[Array, float, Array]:
        return self._precision(), self.precision, self._sensitivity()
