"""`PlainLoss`: base class of the losses that have no arguments of their own."""

import numpy as np

from minidl.config.types import Array
from minidl.losses.loss import Loss


class PlainLoss(Loss):
    """A loss that takes only `reduction`, `name` and `dtype`, in Keras's order."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: object = None) -> None:
        super().__init__(name, reduction, dtype)


def gradient_of_mean(slopes: Array, dvalues: Array) -> Array:
    """The gradient of a mean over the last axis, given the derivatives of its terms."""
    dy_pred: Array = slopes * np.expand_dims(dvalues / slopes.shape[-1], -1)
    return dy_pred
