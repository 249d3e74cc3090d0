"""`R2Score`: the coefficient of determination."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array, ArrayLike, DTypeLike
from minidl.losses.target_checks import match_rank
from minidl.metrics.metric import Metric
from minidl.metrics.thresholds import check_known, weights_of


class R2Score(Metric):
    """The coefficient of determination: `1 - sum((y_true - y_pred)**2) / sum((y_true - mean(y_true))**2)`.

    If all targets are equal, the score is 1 for perfect predictions (NaN in Keras), otherwise 0.

    Args:
        class_aggregation: "uniform_average" over the outputs, "variance_weighted_average", or `None` for an array.
        num_regressors: number of independent regressors, for the adjusted score; 0 for the plain one, which is also used if
            there are not more rows than regressors.
        name, dtype: as for every `Metric`.
    Raises:
        ValueError: an unknown aggregation, a negative number of regressors, or predictions of another rank than 2.
    Example:
        >>> round(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 4)
        0.5714
    """

    numbered = False

    direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(dtype, name)
        check_known("R2Score", "class_aggregation", class_aggregation, (None, "uniform_average", "variance_weighted_average"))
        if num_regressors < 0:
            raise ValueError(f"R2Score expects num_regressors of at least 0, got {num_regressors!r}")
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(name="num_samples")

    def add_sums(self, outputs: int) -> None:
        """Create the sums of each output."""
        self.squared_sum = self.add_variable((outputs,), name="squared_sum")
        self.sum = self.add_variable((outputs,), name="sum")
        self.total_mse = self.add_variable((outputs,), name="residual")
        self.count = self.add_variable((outputs,), name="count")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with (batch, outputs), with one weight for each row or each value."""
        y_pred = np.asarray(y_pred, np.float64)
        if y_pred.ndim != 2:
            raise ValueError(f"{self.name} expects predictions (batch, outputs), got shape {y_pred.shape}")
        y_true = match_rank(np.asarray(y_true, np.float64), y_pred.shape, self.name)
        weights = weights_of(sample_weight, y_true.shape)
        y_true, y_pred = (np.where(weights == 0, 0, values) for values in (y_true, y_pred))
        if len(self.variables) == 1:
            self.add_sums(y_pred.shape[1])
        self.num_samples.array[...] += len(y_true)
        self.sum.array[...] += (weights * y_true).sum(axis=0)
        self.squared_sum.array[...] += (weights * y_true**2).sum(axis=0)
        self.total_mse.array[...] += (weights * (y_true - y_pred) ** 2).sum(axis=0)
        self.count.array[...] += weights.sum(axis=0)

    def result(self) -> float | Array:
        if not self.num_samples.array or not self.count.array.any():
            return 0.0
        squared_sum, total_mse, samples = self.squared_sum.array, self.total_mse.array, float(self.num_samples.array)
        total = squared_sum - self.sum.array**2 / self.count.array
        vary = total > 1e-12 * squared_sum  # about the size of rounding errors
        scores: Array = np.where(vary, 1 - total_mse / np.where(vary, total, 1), total_mse == 0)
        score: Array | float = scores
        if self.class_aggregation == "uniform_average":
            score = float(scores.mean())
        elif self.class_aggregation == "variance_weighted_average":
            score = float((scores * total).sum() / total.sum()) if vary.any() else float(scores.mean())
        left = samples - self.num_regressors - 1
        return 1 - (1 - score) * (samples - 1) / left if self.num_regressors and left > 0 else score
