"""Regression losses: squared, absolute, percentage and logarithmic errors, Huber, log-cosh and cosine similarity."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from minidl.config.checks import check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.kernels.l2_normalize import l2_normalize, l2_normalize_backward
from minidl.losses.loss import Loss
from minidl.losses.plain_loss import PlainLoss, gradient_of_mean


class MeanSquaredError(PlainLoss):
    """The mean over the last axis of `(y_pred - y_true)**2`.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]])
        np.float32(2.5)
    """

    symmetric: ClassVar[bool] = True

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """The mean of `(y_pred - y_true)**2`."""
        error = y_pred - y_true
        return np.mean(error * error, axis=-1), error

    def backward(self, dvalues: Array, cache: Array) -> Array:
        """`dy_pred = 2 * (y_pred - y_true) / n`."""
        error = cache
        dy_pred: Array = error * np.expand_dims(dvalues * (2 / error.shape[-1]), -1)
        return dy_pred


class MeanAbsoluteError(PlainLoss):
    """The mean over the last axis of `|y_pred - y_true|`; its derivative where they are equal is 0.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]])
        np.float32(1.5)
    """

    symmetric: ClassVar[bool] = True

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """The mean of `|y_pred - y_true|`."""
        error = y_pred - y_true
        return np.abs(error).mean(axis=-1), error

    def backward(self, dvalues: Array, cache: Array) -> Array:
        """`dy_pred = sign(y_pred - y_true) / n`."""
        error = cache
        return gradient_of_mean(np.sign(error), dvalues)


class MeanAbsolutePercentageError(PlainLoss):
    """The mean over the last axis of `100 * |y_pred - y_true| / |y_true|`, with `|y_true|` clipped to at least 1e-7.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 5.0]])
        np.float32(37.5)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `100 * |y_pred - y_true| / |y_true|`."""
        relative = (y_pred - y_true) / np.maximum(np.abs(y_true), epsilon())
        return 100 * np.abs(relative).mean(axis=-1), (relative, y_true)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dy_pred = 100 * sign(y_pred - y_true) / |y_true| / n`."""
        relative, y_true = cache
        slope = np.sign(relative) / np.maximum(np.abs(y_true), epsilon())
        return gradient_of_mean(100 * slope, dvalues)


class MeanSquaredLogarithmicError(PlainLoss):
    """The mean over the last axis of `(log(1 + y_pred) - log(1 + y_true))**2`, with both clipped to at least 1e-7.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> round(float(MeanSquaredLogarithmicError()([[0.0, 1.0]], [[1.0, 3.0]])), 6)
        0.480453
    """

    symmetric: ClassVar[bool] = True

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `(log(1 + y_pred) - log(1 + y_true))**2`."""
        smallest = epsilon()
        error = np.log1p(np.maximum(y_pred, smallest)) - np.log1p(np.maximum(y_true, smallest))
        return np.square(error).mean(axis=-1), (error, y_pred)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dy_pred = 2 * error / (1 + y_pred) / n`, and 0 where y_pred was clipped."""
        error, y_pred = cache
        smallest = epsilon()
        return gradient_of_mean(2 * error / (1 + np.maximum(y_pred, smallest)) * (y_pred > smallest), dvalues)


class Huber(Loss):
    """Huber loss: `error**2 / 2` for `|error| <= delta`, otherwise `delta * (|error| - delta / 2)`; a mean.

    Args:
        delta: the error from which on the loss is linear, at least 0.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Raises:
        ValueError: `delta` is below 0.
    Source: Huber 1964.
    Example:
        >>> Huber()([[0.0, 1.0]], [[1.0, 3.0]])
        np.float32(1.0)
    """

    symmetric: ClassVar[bool] = True

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = check_real("Huber", "delta", delta, 0.0)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """`c * (error - c / 2)`, where `c` is the error clipped to [-delta, delta]."""
        error = y_pred - y_true
        held = np.clip(error, -self.delta, self.delta)
        return (held * (error - held / 2)).mean(axis=-1), held

    def backward(self, dvalues: Array, cache: Array) -> Array:
        """`dy_pred = c / n`, where `c` is the error clipped to [-delta, delta]."""
        held = cache
        return gradient_of_mean(held, dvalues)


class LogCosh(PlainLoss):
    """The mean over the last axis of `log(cosh(error))`: about `error**2 / 2` near 0, and `|error| - log(2)` for large errors.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> round(float(LogCosh()([[0.0, 1.0]], [[1.0, 3.0]])), 6)
        0.879392
    """

    symmetric: ClassVar[bool] = True

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """The mean of `log(cosh(e)) = |e| + log(1 + exp(-2|e|)) - log(2)`, which cannot overflow."""
        error = y_pred - y_true
        size = np.abs(error)
        return (size + np.log1p(np.exp(-2 * size)) - math.log(2)).mean(axis=-1), error

    def backward(self, dvalues: Array, cache: Array) -> Array:
        """`dy_pred = tanh(y_pred - y_true) / n`."""
        error = cache
        return gradient_of_mean(np.tanh(error), dvalues)


class CosineSimilarity(Loss):
    """Negative cosine similarity, `-sum(y_true * y_pred) / (norm(y_true) * norm(y_pred))`: -1 for the same direction.

    For a zero vector the value and the gradient are 0.

    Args:
        axis: axis of the vectors.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., features) -> values (batch, ...).
    Example:
        >>> CosineSimilarity()([[0.0, 1.0]], [[3.0, 4.0]])
        np.float32(-0.8)
    """

    symmetric: ClassVar[bool] = True

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """`-sum(t * p)` of normalized vectors."""
        t, _ = l2_normalize(y_true, self.axis, epsilon())
        p, factor = l2_normalize(y_pred, self.axis, epsilon())
        return -(t * p).sum(axis=self.axis), (t, p, factor)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dp = -t`, backpropagated through the normalization."""
        t, p, factor = cache
        return l2_normalize_backward(-t * np.expand_dims(dvalues, self.axis), p, factor, self.axis)
