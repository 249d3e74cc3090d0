"""`KLDivergence` and `Poisson`."""

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.kernels.activations.relu import positive_part
from minidl.losses.plain_loss import PlainLoss, gradient_of_mean


class KLDivergence(PlainLoss):
    """Kullback-Leibler divergence, `sum(t * log(t / p))`.

    Both are clipped to [1e-7, 1]; clipped predictions have gradient 0.

    Shapes:
        y_true and y_pred (batch, ..., classes), rows of probabilities -> values (batch, ...).
    Source: Kullback & Leibler 1951.
    Example:
        >>> KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]]).round(5)
        np.float32(0.69315)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """`sum(t * log(t / p))`."""
        t, p = np.clip(y_true, epsilon(), 1), np.clip(y_pred, epsilon(), 1)
        return (t * np.log(t / p)).sum(axis=-1), (t, p, y_pred)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dp = -t / p`, and 0 where p was clipped."""
        t, p, y_pred = cache
        dy_pred: Array = -t / p * (p == y_pred) * np.expand_dims(dvalues, -1)
        return dy_pred

    def backward_targets(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """`dt = log(t / p) + 1`, and 0 where t was clipped."""
        t, p = np.clip(y_true, epsilon(), 1), np.clip(y_pred, epsilon(), 1)
        dy_true: Array = (np.log(t / p) + 1) * (t == y_true) * np.expand_dims(dvalues, -1)
        return dy_true


class Poisson(PlainLoss):
    """Poisson loss: the mean over the last axis of `y_pred - y_true * log(y_pred)`.

    A negative rate counts as 0, with gradient 0 (NaN in Keras): use `exponential` or `softplus` as the last activation.

    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Example:
        >>> Poisson()([[0.0, 2.0]], [[1.0, 1.0]]).round(4)
        np.float32(1.0)
    """

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `p - t * log(p + 1e-7)`."""
        rate = positive_part(y_pred)
        return (rate - y_true * np.log(rate + epsilon())).mean(axis=-1), (y_true, y_pred)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dp = (1 - t / (p + 1e-7)) / n`, and 0 for rates below 0."""
        t, y_pred = cache
        return gradient_of_mean((1 - t / (positive_part(y_pred) + epsilon())) * (y_pred >= 0), dvalues)

    def backward_targets(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """`dt = -log(p + 1e-7) / n`."""
        return gradient_of_mean(-np.log(positive_part(y_pred) + epsilon()), dvalues)
