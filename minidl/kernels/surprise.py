"""The surprise of logits at labels, and its gradient: softmax and cross-entropy in one, without one-hot rows."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.rows import largest, totals


def label_surprise(labels: Array, logits: Array) -> tuple[Array, Any]:
    """`-log(p[label])` with `p = softmax(z)`, computed as `log(sum(exp(z))) - z[label]` after the largest z was subtracted.

    Args:
        labels: (batch, ...), integers in 0 ... classes - 1.
        logits: z, (batch, ..., classes).
    Returns:
        The values, of the labels' shape, and what `label_surprise_backward` needs.
    """
    classes = logits.shape[-1]
    z = np.subtract(logits, largest(logits), order="C")  # reshape(-1) is then a view
    places = np.arange(0, z.size, classes)
    places += labels.reshape(-1)  # of each label's logit, counted from the first row's first
    right = z.reshape(-1)[places].reshape(labels.shape)
    p = np.exp(z, out=z)
    total = totals(p)
    p /= total
    values: Array = np.log(total.reshape(labels.shape)) - right
    return values, (p, places)


def label_surprise_backward(dvalues: Array, cache: Any) -> Array:
    """`dz = (p - t) * dvalues`, where `t` is 1 at the label and 0 elsewhere."""
    p, places = cache
    dz: Array = np.multiply(p, dvalues[..., np.newaxis], order="C")
    dz.reshape(-1)[places] -= dvalues.reshape(-1)
    return dz
