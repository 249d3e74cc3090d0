"""`FBetaScore` and `F1Score`."""

from __future__ import annotations

import numpy as np

from minidl.config.checks import check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, ArrayLike, DTypeLike
from minidl.losses.sample_weights import fill_ignored
from minidl.losses.target_checks import match_rank
from minidl.metrics.metric import Metric
from minidl.metrics.thresholds import check_known, weights_of


class FScore(Metric):
    """Base class: counts per class, and the weighted harmonic mean of precision and recall."""

    numbered = False

    direction = "up"

    def __init__(self, average: str | None, beta: float, threshold: float | None, name: str | None, dtype: DTypeLike) -> None:
        super().__init__(dtype, name)
        kind = type(self).__name__
        check_known(kind, "average", average, (None, "micro", "macro", "weighted"))
        self.average = average
        for argument, value in (("beta", beta), ("threshold", threshold)):
            if value is not None and not isinstance(value, (float, np.floating)):
                raise ValueError(f"{kind} expects {argument} to be a float, got {value!r}")
        self.beta = check_real(kind, "beta", beta, 0.0)
        self.threshold = None if threshold is None else check_real(kind, "threshold", threshold, 0.0, 1.0)
        if self.beta == 0 or self.threshold == 0:
            raise ValueError(f"{kind} expects beta and threshold above 0, got beta={beta!r} and threshold={threshold!r}")

    def add_counts(self, shape: tuple[int, ...]) -> None:
        """Create the counts, of one class or of each."""
        self.true_positives = self.add_variable(shape, name="true_positives")
        self.false_positives = self.add_variable(shape, name="false_positives")
        self.false_negatives = self.add_variable(shape, name="false_negatives")
        self.intermediate_weights = self.add_variable(shape, name="intermediate_weights")  # true ones

    def reset_state(self) -> None:
        if self.variables:  # otherwise the number of classes is not known yet
            super().reset_state()

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with (batch, classes), with one weight for each row."""
        y_pred = np.asarray(y_pred)
        if y_pred.ndim != 2:
            raise ValueError(f"{self.name} expects predictions (batch, classes), got shape {y_pred.shape}")
        t = match_rank(np.asarray(fill_ignored(y_true, sample_weight)), y_pred.shape, self.name).astype(np.float64)
        if self.threshold is None:
            positive = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            positive = y_pred > self.threshold
        weights = weights_of(sample_weight, y_pred.shape)
        over = None if self.average == "micro" else 0
        if not self.variables:
            self.add_counts(() if self.average == "micro" else y_pred.shape[1:])
        self.true_positives.array[...] += (weights * positive * t).sum(axis=over)
        self.false_positives.array[...] += (weights * positive * (1 - t)).sum(axis=over)
        self.false_negatives.array[...] += (weights * ~positive * t).sum(axis=over)
        self.intermediate_weights.array[...] += (weights * t).sum(axis=over)

    def result(self) -> float | Array:
        if not self.variables:
            return np.zeros(1) if self.average is None else 0.0
        tp, fp, fn, tiny = self.true_positives.array, self.false_positives.array, self.false_negatives.array, epsilon()
        precision, recall = tp / (tp + fp + tiny), tp / (tp + fn + tiny)
        scores: Array = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + tiny)
        if self.average is None:
            return scores
        if self.average == "weighted":
            true = self.intermediate_weights.array
            return float((scores * true).sum() / (true.sum() + tiny))
        return float(scores.mean())


class FBetaScore(FScore):
    """`(1 + beta**2) * precision * recall / (beta**2 * precision + recall)`: recall is weighted beta times as much.

    Args:
        average: `None` returns the score of each class as an array; "macro" their mean, "weighted" their mean weighted by
            class frequency, "micro" one score of all classes together.
        beta: above 0.
        threshold: predictions above it are positive; `None` makes the largest of each row positive.
        name, dtype: as for every `Metric`.
    Raises:
        ValueError: an unknown average, or a number out of range.
    Example:
        >>> FBetaScore(beta=2.0, threshold=0.5)([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7]] * 3).round(4)
        array([0.    , 0.9091, 0.7143])
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(average, beta, threshold, name, dtype)


class F1Score(FScore):
    """The harmonic mean of precision and recall: `2 * precision * recall / (precision + recall)`.

    Args:
        average: `None` returns the score of each class as an array; "macro" their mean, "weighted" their mean weighted by
            class frequency, "micro" one score of all classes together.
        threshold: predictions above it are positive; `None` makes the largest of each row positive.
        name, dtype: as for every `Metric`.
    Raises:
        ValueError: an unknown average, or a threshold out of (0, 1].
    Example:
        >>> F1Score(threshold=0.5)([[1, 1, 1], [1, 0, 0], [1, 1, 0]], [[0.2, 0.6, 0.7]] * 3).round(4)
        array([0. , 0.8, 0.5])
    """

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str | None = None, dtype: DTypeLike = None
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
