"""`AUC`: the area under the ROC or precision-recall curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.kernels.activations.smooth import sigmoid
from minidl.metrics.thresholds import ThresholdMetric, check_known, divided, evenly_spaced, prepare_inputs, share


class AUC(ThresholdMetric):
    """The area under the ROC curve (true positive rate over false positive rate), or under the precision-recall curve.

    `auc = sum over i of (x[i] - x[i + 1]) * (y[i] + y[i + 1]) / 2`, over neighboring thresholds.

    Args:
        num_thresholds: number of thresholds that approximate the curve, evenly spaced in [0, 1].
        curve: "ROC", "PR", or "PRGAIN" (Flach & Kull 2015).
        summation_method: "interpolation" (trapezia; for PR Davis & Goadrich's curve), "minoring" or "majoring" (steps).
        name, dtype: as for every `Metric`.
        thresholds: thresholds in [0, 1], instead of evenly spaced ones.
        multi_label: whether each column of (batch, labels) has its own curve; the result is the mean of the areas.
        num_labels: number of labels; inferred from the first batch by default.
        label_weights: weight of each label, in that mean or for its predictions.
        from_logits: whether `y_pred` are logits instead of probabilities.
    Raises:
        ValueError: an unknown curve or summation, fewer than 2 thresholds, or thresholds outside [0, 1].
    Source: Fawcett 2006; Davis & Goadrich 2006.
    Example:
        >>> round(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]), 4)
        0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DTypeLike = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        check_known("AUC", "curve", curve, ("ROC", "PR", "PRGAIN", "roc", "pr", "prgain"))
        check_known("AUC", "summation_method", summation_method.lower(), ("interpolation", "minoring", "majoring"))
        if num_labels is not None and not multi_label:
            raise ValueError(f"AUC takes num_labels only with multi_label=True, got num_labels={num_labels}")
        inner = sorted(thresholds) if thresholds is not None else evenly_spaced(max(num_thresholds, 2))[1:-1]
        if num_thresholds < 2 or not all(0 <= threshold <= 1 for threshold in inner):
            raise ValueError(
                f"AUC expects num_thresholds to be at least 2, and thresholds in [0, 1], got num_thresholds={num_thresholds}, "
                f"thresholds={thresholds!r}"
            )
        self.num_thresholds = len(inner) + 2
        self.curve, self.summation_method = curve, summation_method
        self.multi_label, self.num_labels, self.label_weights = multi_label, num_labels, label_weights
        self.from_logits = from_logits
        self.thresholds = [-epsilon(), *inner, 1 + epsilon()]
        even = np.allclose([0, *inner, 1], evenly_spaced(len(inner) + 2), atol=epsilon()) and len(inner) > 0
        super().__init__(self.thresholds, name, dtype, evenly=even or thresholds is None, all_above=True)

    def add_counts(self) -> None:
        if not self.multi_label:
            super().add_counts()
        elif self.num_labels is not None:
            self._add_counts_of_labels(self.num_labels)

    def _add_counts_of_labels(self, labels: int) -> None:
        for part in self.parts:
            setattr(self, part, self.add_variable((self.num_thresholds, labels), name=part))

    def reset_state(self) -> None:
        if self.variables:  # otherwise the number of labels is not known yet
            super().reset_state()

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        y_true, y_pred, weights = prepare_inputs(y_true, y_pred, sample_weight, self.name)
        if self.multi_label and (y_pred.ndim != 2 or self.num_labels not in (None, y_pred.shape[-1])):
            raise ValueError(f"{self.name} expects predictions (batch, {self.num_labels or 'labels'}), got {y_pred.shape}")
        if not self.variables:
            self._add_counts_of_labels(y_pred.shape[-1])
        if self.label_weights is not None and not self.multi_label:
            weights = weights * np.asarray(self.label_weights)
        self.count(y_true, sigmoid(y_pred) if self.from_logits else y_pred, weights, self.multi_label)

    def result(self) -> float:
        if not self.variables:
            return 0.0
        areas = self._areas().sum(axis=0)
        if not self.multi_label:
            return float(areas)
        if self.label_weights is None:
            return float(areas.mean())
        weights = np.asarray(self.label_weights, np.float64)
        return float((areas * weights).sum() / weights.sum()) if weights.sum() else 0.0

    def _areas(self) -> Array:
        """The area between each two neighboring thresholds."""
        curve, method = self.curve.upper(), self.summation_method.lower()
        if curve == "PR" and method == "interpolation":
            return self._interpolated()
        recall = share(self.true_positives, self.false_negatives)
        if curve == "ROC":
            x, y = share(self.false_positives, self.true_negatives), recall
        elif curve == "PR":
            x, y = recall, share(self.true_positives, self.false_positives)
        else:
            x, y = self._gains()
        low, high = y[1:], y[:-1]
        heights = {"interpolation": (low + high) / 2, "minoring": np.minimum(low, high), "majoring": np.maximum(low, high)}
        areas: Array = (x[:-1] - x[1:]) * heights[method]
        return areas

    def _gains(self) -> tuple[Array, Array]:
        """Recall gain and precision gain: rescaled so that predicting all positive gives 0, and a perfect score 1."""
        tp, fp, fn = self.true_positives.array, self.false_positives.array, self.false_negatives.array
        odds = divided(tp + fn, fp + self.true_negatives.array)
        recall = np.where(tp == 0, 0, 1 - odds * divided(fn, tp))
        return np.maximum(recall, 0), np.where(tp == 0, 1, 1 - odds * divided(fp, tp))

    def _interpolated(self) -> Array:
        """The integral of precision over recall, with true positives interpolated linearly in the positives `p`.

        Between two thresholds `precision = slope + intercept / p`, so the area is
        `slope * (dtp + intercept * log(p1 / p2)) / all true`.
        """
        tp, fn = self.true_positives.array, self.false_negatives.array
        p = tp + self.false_positives.array
        dtp = tp[:-1] - tp[1:]
        slope = divided(dtp, np.maximum(p[:-1] - p[1:], 0))
        intercept = tp[1:] - slope * p[1:]
        both = (p[:-1] > 0) & (p[1:] > 0)
        ratio = np.where(both, divided(p[:-1], p[1:]), 1)
        return divided(slope * (dtp + intercept * np.log(np.where(both, ratio, 1))), tp[1:] + fn[1:])
