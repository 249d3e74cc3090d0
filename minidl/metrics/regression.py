"""How far predictions are from numbers: `MeanSquaredError`, its root, `MeanAbsoluteError`; and `CosineSimilarity`."""

import math
from typing import Any

import numpy as np

from minidl import losses
from minidl.config.types import Array
from minidl.losses.targets import match_rank
from minidl.metrics.mean import MeanMetric


class MeanSquaredError(MeanMetric):
    """The mean of `(y_pred - y_true)**2`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.25
    """

    direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = np.square(_error(y_true, y_pred, self.name)).mean(axis=-1)
        return values


class MeanAbsoluteError(MeanMetric):
    """The mean of `|y_pred - y_true|`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> MeanAbsoluteError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.25
    """

    direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = np.abs(_error(y_true, y_pred, self.name)).mean(axis=-1)
        return values


class RootMeanSquaredError(MeanMetric):
    """The root of the mean of `(y_pred - y_true)**2`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> RootMeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.5
    """

    direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(dtype, name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(_error(y_true, y_pred, self.name))

    def result(self) -> float:
        """The root."""
        return math.sqrt(super().result())


class CosineSimilarity(MeanMetric):
    """The mean cosine of the angle between target and prediction: 1 where they point the same way, -1 where opposite.

    Args:
        name, dtype: as for every `Metric`.
        axis: along which a vector lies.
    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]), 4)
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(dtype, name)
        self.axis = axis
        self._loss = losses.CosineSimilarity(axis, "none")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = -self._loss(y_true, y_pred)
        return values


def _error(y_true: Array, y_pred: Array, owner: str) -> Array:
    """`y_pred - y_true` in a float type, for unsigned integers would wrap around."""
    return np.subtract(y_pred, match_rank(y_true, y_pred.shape, owner), dtype=np.result_type(y_pred, np.float32))
