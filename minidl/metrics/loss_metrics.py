"""Metrics that are the mean of a loss: regression errors, hinges, cross-entropies, `KLDivergence`, `Poisson`."""

import math
from typing import Any

import numpy as np

from minidl import losses
from minidl.config.types import Array
from minidl.losses.label_checks import match_labels
from minidl.losses.sample_weights import masked_weights
from minidl.losses.target_checks import match_rank
from minidl.metrics.mean import LossMetric, MeanMetric


class MeanSquaredError(MeanMetric):
    """The mean of `(y_pred - y_true)**2`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> MeanSquaredError()([[0, 1], [0, 0]], [[1, 1], [0, 0]])
        0.25
    """

    direction = "down"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
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

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
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

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
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

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        super().__init__(dtype, name)
        self.axis = axis
        self._loss = losses.CosineSimilarity(axis, "none")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values: Array = -self._loss(y_true, y_pred)
        return values


class MeanAbsolutePercentageError(LossMetric):
    """The mean of `100 * |y_pred - y_true| / |y_true|`, where a target of 0 counts as 1e-7.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(MeanAbsolutePercentageError()([[1, 1], [2, 2]], [[1, 1], [1, 2]]), 4)
        12.5
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.MeanAbsolutePercentageError(reduction="none"), name, dtype)


class MeanSquaredLogarithmicError(LossMetric):
    """The mean of `(log(1 + y_pred) - log(1 + y_true))**2`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(MeanSquaredLogarithmicError()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.1201
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
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


class Hinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)`; targets that are all 0 or 1 become -1 and 1.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Hinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.3
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.Hinge(reduction="none"), name, dtype)


class SquaredHinge(LossMetric):
    """The mean of `max(1 - y_true * y_pred, 0)**2`; targets that are all 0 or 1 become -1 and 1.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(SquaredHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.86
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.SquaredHinge(reduction="none"), name, dtype)


class CategoricalHinge(LossMetric):
    """The mean of what the right class lacks to standing 1 above the best of the others.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(CategoricalHinge()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        1.4
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.CategoricalHinge(reduction="none"), name, dtype)


class KLDivergence(LossMetric):
    """The mean of what a predicted distribution loses against the true one: `sum(t * log(t / p))`.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(KLDivergence()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.4581
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.KLDivergence(reduction="none"), name, dtype)


class Poisson(LossMetric):
    """The mean of `y_pred - y_true * log(y_pred)`, the surprise at counts.

    Args:
        name, dtype: as for every `Metric`.
    Example:
        >>> round(Poisson()([[0, 1], [0, 0]], [[1, 1], [0, 0]]), 4)
        0.5
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(losses.Poisson(reduction="none"), name, dtype)


class BinaryCrossentropy(LossMetric):
    """The mean surprise at yes or no: `-t * log(p) - (1 - t) * log(1 - p)`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to 1/2.
    Example:
        >>> round(BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]), 4)
        0.8149
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(losses.BinaryCrossentropy(from_logits, label_smoothing, reduction="none"), name, dtype)
        self.from_logits, self.label_smoothing = from_logits, label_smoothing


class CategoricalCrossentropy(LossMetric):
    """The mean surprise at one of several classes, given as one-hot rows: `-sum(t * log(p))`.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        label_smoothing: in [0, 1]; targets move that part of the way to the uniform distribution.
        axis: the axis of the classes.
    Example:
        >>> round(CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(losses.CategoricalCrossentropy(from_logits, label_smoothing, axis, "none"), name, dtype)
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis


class SparseCategoricalCrossentropy(LossMetric):
    """The mean surprise at one of several classes, given as integer labels: `-log(p[label])`.

    Labels of `ignore_class` count for nothing; in Keras they count as 0 where there are no sample weights.

    Args:
        name, dtype: as for every `Metric`.
        from_logits: whether `y_pred` are logits in place of probabilities.
        ignore_class: a label whose values count for nothing; `None` ignores none.
        axis: the axis of the classes.
    Example:
        >>> round(SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]), 4)
        1.1769
    """

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(losses.SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis), name, dtype)
        self.from_logits, self.ignore_class, self.axis = from_logits, ignore_class, axis

    def weights(self, y_true: Array, y_pred: Array, sample_weight: Any) -> Any:
        if self.ignore_class is None:
            return sample_weight
        labels = match_labels(y_true, y_pred.shape, self.axis, self.name)
        return masked_weights(None, labels != self.ignore_class, sample_weight)


def _error(y_true: Array, y_pred: Array, owner: str) -> Array:
    """`y_pred - y_true` in a float type, for unsigned integers would wrap around."""
    return np.subtract(y_pred, match_rank(y_true, y_pred.shape, owner), dtype=np.result_type(y_pred, np.float32))
