"""Hinges: predictions on the right side of 0 cost nothing from a margin of 1 on."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.losses.loss import Loss


class Hinge(Loss):
    """What lacks to a margin of 1 on the right side: the mean over the last axis of `max(1 - y_true * y_pred, 0)`.

    Args:
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true, -1 or 1, and y_pred (batch, ..., outputs) -> values (batch, ...). Targets that are all 0 or 1 become -1 and 1.
    Source: Cortes & Vapnik 1995.
    Example:
        >>> Hinge()([[-1.0, 1.0]], [[-2.0, 0.5]])
        np.float32(0.25)
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, reduction, dtype)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """The mean of `max(1 - t * p, 0)`."""
        t = _signs(y_true)
        lacking = np.maximum(1 - t * y_pred, 0)
        return lacking.mean(axis=-1), (t, lacking)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dp = -t / n` where something lacks."""
        t, lacking = cache
        dy_pred: Array = -t * (lacking > 0) * np.expand_dims(dvalues / t.shape[-1], -1)
        return dy_pred


class SquaredHinge(Loss):
    """What lacks to a margin of 1 on the right side, squared: the mean of `max(1 - y_true * y_pred, 0)**2`.

    Args:
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true, -1 or 1, and y_pred (batch, ..., outputs) -> values (batch, ...). Targets that are all 0 or 1 become -1 and 1.
    Example:
        >>> SquaredHinge()([[-1.0, 1.0]], [[-2.0, 0.5]])
        np.float32(0.125)
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, reduction, dtype)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """The mean of `max(1 - t * p, 0)**2`."""
        t = _signs(y_true)
        lacking = np.maximum(1 - t * y_pred, 0)
        return np.square(lacking).mean(axis=-1), (t, lacking)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dp = -2 * t * max(1 - t * p, 0) / n`."""
        t, lacking = cache
        dy_pred: Array = -t * lacking * np.expand_dims(dvalues * (2 / t.shape[-1]), -1)
        return dy_pred


class CategoricalHinge(Loss):
    """What the right class lacks to standing 1 above the best of the others: `max(1 + others - right, 0)`.

    With one-hot rows `t`, `right` is `sum(t * y_pred)` and `others` is `max((1 - t) * y_pred)`, the right class
    counting as 0.

    Args:
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., classes) -> values (batch, ...).
    Source: Weston & Watkins 1999.
    Example:
        >>> CategoricalHinge()([[0.0, 1.0]], [[0.75, 0.25]])
        np.float32(1.5)
    """

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, reduction, dtype)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """`max(1 + max((1 - t) * p) - sum(t * p), 0)`."""
        others = (1 - y_true) * y_pred
        lacking = np.maximum(1 + others.max(axis=-1) - (y_true * y_pred).sum(axis=-1), 0)
        return lacking, (y_true, others, lacking)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dp = (1 - t)` at the best of the others, in equal parts where several are best, less `t`; where something lacks."""
        t, others, lacking = cache
        best = (others == others.max(axis=-1, keepdims=True)).astype(t.dtype)
        best /= best.sum(axis=-1, keepdims=True)
        dy_pred: Array = (best * (1 - t) - t) * np.expand_dims(dvalues * (lacking > 0), -1)
        return dy_pred


def _signs(y_true: Array) -> Array:
    """Targets of 0 and 1 as -1 and 1; others as they are."""
    return 2 * y_true - 1 if ((y_true == 0) | (y_true == 1)).all() else y_true
