"""`Sum`: the weighted sum of values."""

from __future__ import annotations

import numpy as np

from minidl.config.types import ArrayLike, DTypeLike
from minidl.losses.sample_weights import align_weights, weighted
from minidl.metrics.metric import Metric


class Sum(Metric):
    """The weighted sum of the values, `sum(weight * value)`.

    Raises:
        ValueError: the weights do not fit the values.
    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 3.0], sample_weight=[1.0, 2.0]); total.result()
        7.0
    """

    numbered = False

    def __init__(self, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable(name="total")

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Update with a number or an array, with one weight for each row or for each value."""
        values = np.asarray(values)
        if sample_weight is not None:
            values = weighted(values, align_weights(np.asarray(sample_weight, np.float64), values.shape))
        self.total.array[...] += float(values.sum(dtype=np.float64))

    def result(self) -> float:
        return float(self.total.array)
