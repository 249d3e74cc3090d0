"""Gradient accumulation: one update by the mean gradient of several batches, as of one large batch."""

from collections.abc import Iterable

import numpy as np

from minidl.config.types import Array


def accumulate(totals_and_gradients: Iterable[tuple[Array, Array]], batch: int, steps: int) -> bool:
    """Add each gradient to its total; True at every `steps`-th batch, when the gradients become the mean and the totals 0."""
    update_due = batch % steps == 0
    for total, gradient in totals_and_gradients:
        total += gradient
        if update_due:
            np.divide(total, steps, out=gradient)
            total.fill(0)
    return update_due
