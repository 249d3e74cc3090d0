"""`MeanSquaredError`: how far predictions are from numbers."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.losses.loss import Loss


class MeanSquaredError(Loss):
    """The mean over the last axis of `(y_pred - y_true)**2`.

    Args:
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]])
        np.float32(2.5)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_squared_error", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """The mean of `(y_pred - y_true)**2`."""
        error = y_pred - y_true
        return np.mean(error * error, axis=-1), error

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dy_pred = 2 * (y_pred - y_true) / n`."""
        error = cache
        dy_pred: Array = error * np.expand_dims(dvalues * (2 / error.shape[-1]), -1)
        return dy_pred
