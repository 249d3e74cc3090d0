"""`Dice` and `Tversky` losses for segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from minidl.config.checks import as_tuple, check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike
from minidl.losses.loss import Loss


class RegionLoss(Loss):
    """Base class of losses with one value for each region: all elements along `axis`, or all of the batch."""

    @property
    def mixes_batch(self) -> bool:
        """Whether a value is one of several rows."""
        return self.axis is None or 0 in self.axes(0)

    def axes(self, rank: int) -> tuple[int, ...]:
        """The axes of one region of an array."""
        return tuple(range(rank)) if self.axis is None else as_tuple(self.axis)


class Dice(RegionLoss):
    """Dice loss: `1 - 2 * sum(t * p) / (sum(t) + sum(p))`.

    Without `axis` the whole batch is one region with one value, weighted by the mean of the sample weights. Keras does the same
    for the mean reductions, but with "sum" and "none" repeats the value for every row.

    Args:
        reduction, name: as for every `Loss`.
        axis: the axis, or several, of one region, such as (1, 2, 3) for images; `None` for all, the batch included.
        dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred of one shape, in [0, 1] -> values: the axes that are left.
    Source: Milletari, Navab & Ahmadi 2016.
    Example:
        >>> Dice()([[0.0, 1.0]], [[0.5, 0.5]]).round(5)
        np.float32(0.5)
    """

    symmetric: ClassVar[bool] = True

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array, tuple[int, ...]]]:
        """`1 - 2 * sum(t * p) / (sum(t) + sum(p))`."""
        axes = self.axes(y_pred.ndim)
        total = y_true.sum(axis=axes, keepdims=True) + y_pred.sum(axis=axes, keepdims=True) + epsilon()
        share = 2 * (y_true * y_pred).sum(axis=axes, keepdims=True) / total
        return (1 - share).squeeze(axes), (y_true, share, total, axes)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array, tuple[int, ...]]) -> Array:
        """`dp = (share - 2 * t) / total`."""
        t, share, total, axes = cache
        dy_pred: Array = (share - 2 * t) / total * np.expand_dims(dvalues, axes)
        return dy_pred


class Tversky(RegionLoss):
    """Tversky loss: `Dice` with a weight for each kind of error, `1 - both / (both + alpha * missed + beta * wrong)`.

    `both` is `sum(t * p)`, `missed` is `sum(t * (1 - p))`, `wrong` is `sum((1 - t) * p)`. Keras computes the same, although its
    documentation calls alpha the weight of false positives. Without `axis` the whole batch is one region, as for `Dice`.

    Args:
        alpha: weight of false negatives.
        beta: weight of false positives.
        reduction, name: as for every `Loss`.
        axis: the axis, or several, of one region, such as (1, 2, 3) for images; `None` for all, the batch included.
        dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred of one shape, in [0, 1] -> values: the axes that are left.
    Source: Salehi, Erdogmus & Gholipour 2017.
    Example:
        >>> Tversky(alpha=0.3, beta=0.7)([[0.0, 1.0]], [[0.5, 0.5]]).round(5)
        np.float32(0.5)
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = check_real("Tversky", "alpha", alpha, 0.0)
        self.beta = check_real("Tversky", "beta", beta, 0.0)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array, tuple[int, ...]]]:
        """`1 - both / (both + alpha * missed + beta * wrong)`."""
        axes = self.axes(y_pred.ndim)
        both = (y_true * y_pred).sum(axis=axes, keepdims=True)
        missed = (y_true * (1 - y_pred)).sum(axis=axes, keepdims=True)
        wrong = ((1 - y_true) * y_pred).sum(axis=axes, keepdims=True)
        total = both + self.alpha * missed + self.beta * wrong + epsilon()
        return (1 - both / total).squeeze(axes), (y_true, both / total, total, axes)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array, tuple[int, ...]]) -> Array:
        """`dp = (share * dtotal - t) / total`, where `dtotal = t - alpha * t + beta * (1 - t)`."""
        t, share, total, axes = cache
        dtotal = t * (1 - self.alpha) + self.beta * (1 - t)
        dy_pred: Array = (share * dtotal - t) / total * np.expand_dims(dvalues, axes)
        return dy_pred
