"""A loss of a tracked tensor as one step of its recording."""

from typing import Any

import numpy as np

from minidl.autodiff import TrackedTensor, value_of
from minidl.config.types import Array


def recorded(loss: Any, y_true: Any, y_pred: TrackedTensor, sample_weight: Any, mask: Any) -> TrackedTensor:
    """The value of a `Loss`, through which gradients flow to `y_pred`.

    Raises:
        TypeError: in the backward pass, `y_true` needs a gradient.
    """
    value, weights, _, cache = loss._weighted_values(value_of(y_true), y_pred.value, value_of(sample_weight), mask)

    def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
        if wanted[1]:
            raise TypeError(
                f'the loss "{loss.name}" has a gradient only for y_pred, but layers before its y_true learn too; '
                f"write it with minidl.ops, or give stop_gradient(y_true)"
            )
        return [loss._gradient(np.asarray(weights * dys[0], y_pred.dtype), cache, y_pred.shape), None]

    sources = [y_pred, y_true if isinstance(y_true, TrackedTensor) else None]
    return y_pred.recording.record([np.asarray(value)], sources, backward)[0]
