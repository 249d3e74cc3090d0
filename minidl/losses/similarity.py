"""`CosineSimilarity`: whether two vectors point the same way."""

from typing import Any

import numpy as np

from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.kernels.unit_length import unit_length, unit_length_backward
from minidl.losses.loss import Loss


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and prediction: -1 where they point the same way, 1 where opposite.

    A vector of zeros points nowhere: its cosine is 0, and it gets no gradient.

    Args:
        axis: along which a vector lies.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., features) -> values (batch, ...).
    Example:
        >>> CosineSimilarity()([[0.0, 1.0]], [[3.0, 4.0]])
        np.float32(-0.8)
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """`-sum(t * p)` of vectors brought to length 1."""
        t, _ = unit_length(y_true, self.axis, epsilon())
        p, factor = unit_length(y_pred, self.axis, epsilon())
        return -(t * p).sum(axis=self.axis), (t, p, factor)

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """`dp = -t`, taken back through the division by the length."""
        t, p, factor = cache
        return unit_length_backward(-t * np.expand_dims(dvalues, self.axis), p, factor, self.axis)
