"""Hinge losses."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.relu import positive_part
from minidl.losses.plain_loss import PlainLoss, gradient_of_mean


class Hinge(PlainLoss):
    """Hinge loss: the mean over the last axis of `max(1 - y_true * y_pred, 0)`.

    Shapes:
        y_true, -1 or 1, and y_pred (batch, ..., outputs) -> values (batch, ...). Targets 0 and 1 are converted to -1 and 1.
    Source: Cortes & Vapnik 1995.
    Example:
        >>> Hinge()([[-1.0, 1.0]], [[-2.0, 0.5]])
        np.float32(0.25)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `max(1 - t * p, 0)`."""
        t = _signs(y_true)
        value = positive_part(1 - t * y_pred)
        return value.mean(axis=-1), (t, value)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dp = -t / n` where the loss is positive."""
        t, value = cache
        return gradient_of_mean(-t * (value > 0), dvalues)


class SquaredHinge(PlainLoss):
    """Squared hinge loss: the mean over the last axis of `max(1 - y_true * y_pred, 0)**2`.

    Shapes:
        y_true, -1 or 1, and y_pred (batch, ..., outputs) -> values (batch, ...). Targets 0 and 1 are converted to -1 and 1.
    Example:
        >>> SquaredHinge()([[-1.0, 1.0]], [[-2.0, 0.5]])
        np.float32(0.125)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `max(1 - t * p, 0)**2`."""
        t = _signs(y_true)
        value = positive_part(1 - t * y_pred)
        return np.square(value).mean(axis=-1), (t, value)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dp = -2 * t * max(1 - t * p, 0) / n`."""
        t, value = cache
        return gradient_of_mean(-2 * t * value, dvalues)


class CategoricalHinge(PlainLoss):
    """Categorical hinge loss: `max(1 + others - right, 0)`.

    With one-hot targets `t`, `right` is `sum(t * y_pred)` and `others` is `max((1 - t) * y_pred)`, where the true class
    counts as 0.

    Shapes:
        y_true and y_pred (batch, ..., classes) -> values (batch, ...).
    Source: Weston & Watkins 1999.
    Example:
        >>> CategoricalHinge()([[0.0, 1.0]], [[0.75, 0.25]])
        np.float32(1.5)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """`max(1 + max((1 - t) * p) - sum(t * p), 0)`."""
        others = (1 - y_true) * y_pred
        value = np.maximum(1 + others.max(axis=-1) - (y_true * y_pred).sum(axis=-1), 0)
        return value, (y_true, others, value)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dp = best * (1 - t) - t` where the loss is positive; `best` marks the largest of the others, shared on ties."""
        t, others, value = cache
        best = (others == others.max(axis=-1, keepdims=True)).astype(t.dtype)
        best /= best.sum(axis=-1, keepdims=True)
        dy_pred: Array = (best * (1 - t) - t) * np.expand_dims(dvalues * (value > 0), -1)
        return dy_pred


def _signs(y_true: Array) -> Array:
    """Convert targets 0 and 1 to -1 and 1; others are unchanged."""
    return 2 * y_true - 1 if ((y_true == 0) | (y_true == 1)).all() else y_true
