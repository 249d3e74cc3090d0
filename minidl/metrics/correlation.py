"""`PearsonCorrelation` and `ConcordanceCorrelation`."""

from __future__ import annotations

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.losses.target_checks import match_rank
from minidl.metrics.mean import MeanMetric


class PearsonCorrelation(MeanMetric):
    """Pearson correlation, `covariance / (std(y_true) * std(y_pred))` along an axis, averaged over the rows.

    The correlation of a constant row is 0; in Keras it is NaN.

    Args:
        name, dtype: as for every `Metric`.
        axis: axis along which the correlation is computed.
    Example:
        >>> round(PearsonCorrelation()([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]), 4)
        0.9967
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None, axis: int = -1) -> None:
        super().__init__(dtype, name)
        self.axis = axis

    def values(self, y_true: Array, y_pred: Array) -> Array:
        t, p = (_centered(item, self.axis) for item in _floats(y_true, y_pred, self.name))
        product = np.sqrt(np.square(t).mean(axis=self.axis) * np.square(p).mean(axis=self.axis))
        correlations: Array = (t * p).mean(axis=self.axis) / np.where(product == 0, 1, product)
        return correlations


class ConcordanceCorrelation(MeanMetric):
    """Lin's concordance correlation, averaged over the rows.

    `ccc = 2 * covariance / (var(y_true) + var(y_pred) + (mean(y_true) - mean(y_pred)) ** 2)` along an axis.

    Args:
        name, dtype: as for every `Metric`.
        axis: axis along which the correlation is computed.
    Source: Lin 1989.
    Example:
        >>> round(ConcordanceCorrelation()([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]]), 4)
        0.9816
    """

    direction = "up"

    def __init__(self, name: str | None = None, dtype: DTypeLike = None, axis: int = -1) -> None:
        super().__init__(dtype, name)
        self.axis = axis

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y_true, y_pred = _floats(y_true, y_pred, self.name)
        t, p = _centered(y_true, self.axis), _centered(y_pred, self.axis)
        distance = y_true.mean(axis=self.axis) - y_pred.mean(axis=self.axis)
        denominator = np.square(t).mean(axis=self.axis) + np.square(p).mean(axis=self.axis) + np.square(distance)
        concordances: Array = 2 * (t * p).mean(axis=self.axis) / (denominator + epsilon())
        return concordances


def _floats(y_true: Array, y_pred: Array, owner: str) -> tuple[Array, Array]:
    """Both arrays in float64, with the same shape."""
    y_pred = np.asarray(y_pred, np.float64)
    return match_rank(np.asarray(y_true, np.float64), y_pred.shape, owner), y_pred


def _centered(x: Array, axis: int) -> Array:
    """Deviations from the mean."""
    distances: Array = x - x.mean(axis=axis, keepdims=True)
    return distances
