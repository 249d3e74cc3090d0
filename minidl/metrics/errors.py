"""Errors of predicted numbers beside the squared and the absolute one."""

from typing import Any

from minidl import losses
from minidl.metrics.mean import LossMetric


class MeanAbsolutePercentageError(LossMetric):
    """The mean of `100 * |y_pred - y_true| / |y_true|`, where a target of 0 counts as 1e-7.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(MeanAbsolutePercentageError()([[1, 1], [2, 2]], [[1, 1], [1, 2]]), 4)
        12.5
    """

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: Any = None) -> None:
        super().__init__(losses.MeanAbsolutePercentageError(reduction="none"), name, dtype)


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of `(log(1 + y_pred) - log(1 + y_true))**2`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(MeanSquaredLogarithmicError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.1201
    """

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: Any = None) -> None:
        super().__init__(losses.MeanSquaredLogarithmicError(reduction="none"), name, dtype)


class LogCoshError(LossMetric):
    """The mean of the logarithm of the hyperbolic cosine of the error.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(LogCoshError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.1084
    """

    def __init__(self, name: str | None = "logcosh", dtype: Any = None) -> None:
        super().__init__(losses.LogCosh(reduction="none"), name, dtype)
