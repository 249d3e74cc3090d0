"""A loss of a tracked tensor as one step of its recording."""

from typing import Any

import numpy as np

from minidl.autodiff import TrackedTensor, value_of
from minidl.config.types import Array, Tensors
from minidl.losses.sample_weights import fill_ignored, fill_masked, finite_where_ignored, quiet


def recorded(loss: Any, y_true: Tensors, y_pred: TrackedTensor, sample_weight: Tensors, mask: Tensors) -> TrackedTensor:
    """The value of a `Loss`, through which gradients flow to `y_pred`, and to `y_true` if it is a tracked tensor.

    Raises:
        TypeError: in the backward pass, `y_true` needs a gradient that the loss does not have.
    """
    sample_weight = value_of(sample_weight)
    value, weights, _, cache = loss._weighted_values(value_of(y_true), y_pred.value, sample_weight, mask)

    def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
        dvalues = np.asarray(weights * dys[0], y_pred.dtype)
        dy_true = None
        if wanted[1]:
            dy_true = _target_gradient(
                loss, dvalues, fill_ignored(fill_masked(y_true.value, mask), sample_weight), y_pred.value
            )
        return [loss._gradient(dvalues, cache, y_pred.shape), dy_true]

    sources = [y_pred, y_true if isinstance(y_true, TrackedTensor) else None]
    return y_pred.recording.record([np.asarray(value)], sources, backward)[0]


def _target_gradient(loss: Any, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
    """The gradient with respect to `y_true`: 0 for labels, and where a value does not count."""
    targets = loss.prepare(y_true, y_pred)
    if targets.dtype.kind != "f":
        return np.zeros(y_true.shape, y_pred.dtype)
    with quiet(dvalues):
        gradient = finite_where_ignored(loss.backward_targets(dvalues, targets, y_pred), dvalues, loss.axis)
    return gradient.reshape(y_true.shape)
