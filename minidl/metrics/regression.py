"""How far predictions are from numbers: `MeanSquaredError`, `MeanAbsoluteError`."""

from typing import Any

import numpy as np

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


def _error(y_true: Array, y_pred: Array, owner: str) -> Array:
    """`y_pred - y_true` in a float type, for unsigned integers would wrap around."""
    return np.subtract(y_pred, match_rank(y_true, y_pred.shape, owner), dtype=np.result_type(y_pred, np.float32))
