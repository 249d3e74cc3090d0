"""`Mean`, and `MeanMetric`, the base class of metrics that average one value per row."""

import numpy as np

from minidl.config.types import Array, ArrayLike, Tensors
from minidl.losses.sample_weights import align_weights, fill_ignored, quiet, weighted
from minidl.metrics.metric import Metric


class Mean(Metric):
    """The weighted mean of the values, `sum(weight * value) / sum(weight)`.

    Each row counts once (or by its weight), regardless of its number of values, as in Keras; without values it is 0.

    Raises:
        ValueError: the weights do not fit the values.
    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0], sample_weight=[1.0, 3.0]); mean.result()
        2.5
    """

    numbered = False

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with a number or an array, with one weight for each row or for each value."""
        values = np.asarray(values)
        rows = len(values) if values.ndim else 1
        if sample_weight is None and values.dtype.kind == "b":  # counting is faster than summing
            self.add(rows * int(np.count_nonzero(values)) / max(values.size, 1), rows)
            return
        count: float = rows
        if sample_weight is not None:
            weights = align_weights(np.asarray(sample_weight, np.float64), values.shape)
            values = weighted(values, weights)
            count = rows * float(weights.sum()) / max(weights.size, 1)
        self.add(rows * float(values.sum(dtype=np.float64)) / max(values.size, 1), count)

    def add(self, total: float, count: float) -> None:
        """Update with a sum of values and the sum of their weights."""
        totals, counts = self.total.array, self.count.array
        totals[()] = totals.item() + total  # a tenth of the time of `+=`
        counts[()] = counts.item() + count

    def result(self) -> float:
        total, count = float(self.total.array), float(self.count.array)
        return total / count if count else 0.0


class MeanMetric(Metric):
    """Base class of metrics that are a mean: subclasses define `values`.

    Example:
        >>> class Distance(MeanMetric):
        ...     def values(self, y_true, y_pred):
        ...         return np.abs(y_pred - y_true)
        >>> Distance()(np.array([1.0, 2.0]), np.array([1.5, 2.0]))
        0.25
    """

    numbered = False

    def __init__(self, dtype: object = None, name: str | None = None) -> None:
        super().__init__(dtype, name)
        self.mean = Mean()

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value for each row, or for each of its outputs."""
        raise TypeError(f"{type(self).__name__} defines no values(y_true, y_pred); it returns one value for each row")

    def update_state(self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None) -> None:
        """Update with one batch, with one weight for each row or for each value."""
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        if sample_weight is None:
            self.mean.update_state(self.values(y_true, y_pred), self.weights(y_true, y_pred, None))
            return
        y_true = fill_ignored(y_true, sample_weight)
        with quiet(sample_weight):
            values = self.values(y_true, y_pred)
        self.mean.update_state(values, self.weights(y_true, y_pred, sample_weight))

    def weights(self, y_true: Array, y_pred: Array, sample_weight: Tensors) -> Tensors:
        """The weight of each value; a metric that ignores some targets sets those to 0."""
        return sample_weight

    def result(self) -> float:
        return self.mean.result()
