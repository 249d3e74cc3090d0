"""Means of a function's or a loss's value for each row: `MeanMetricWrapper` and `LossMetric`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minidl.config.types import Array, DTypeLike
from minidl.losses.loss import Loss
from minidl.losses.target_checks import squeeze_or_expand
from minidl.metrics.mean import MeanMetric


class MeanMetricWrapper(MeanMetric):
    """The mean of a function's value for each row.

    Unlike in Keras, targets `(batch,)` are passed as `(batch, 1)` if the outputs have that shape, and vice versa: a plain
    `y_pred - y_true` never broadcasts to a square matrix.

    Args:
        fn: `fn(y_true, y_pred, **kwargs)`, which returns one value for each row. To load saved models that use it, register
            it with `minidl.saving.register_keras_serializable()`.
        name: its key in logs; the function's name by default.
        dtype: as for every `Metric`.
        **kwargs: further arguments of the function.
    Raises:
        TypeError: `fn` is not a function.
    Example:
        >>> def largest_error(y_true, y_pred):
        ...     return np.abs(y_pred - y_true).max(axis=-1)
        >>> MeanMetricWrapper(largest_error)([[0.0, 0.0]], [[1.0, 3.0]])
        3.0
    """

    def __init__(self, fn: Callable[..., object], name: str | None = None, dtype: DTypeLike = None, **kwargs: Any) -> None:
        if not callable(fn):
            raise TypeError(f"MeanMetricWrapper expects a function f(y_true, y_pred) of one value per row, got {fn!r}")
        super().__init__(dtype, name or getattr(fn, "__name__", None))
        self.fn = fn
        self.options = kwargs

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values = self.fn(squeeze_or_expand(y_true, y_pred.shape), y_pred, **self.options)
        if values is None:
            raise TypeError(f'the metric "{self.name}" returned None; return one value for each row')
        return np.asarray(values)


class LossMetric(MeanMetric):
    """Base class of metrics that are the mean of a loss's values; a subclass names the loss."""

    direction = "down"
    loss: ClassVar[type[Loss]]

    def __init__(self, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)
        self._loss: Loss = self.loss(reduction="none")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = self._loss.of_steps(y_true, y_pred)
        return values
