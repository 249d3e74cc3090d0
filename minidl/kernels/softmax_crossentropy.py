"""Fused softmax and cross-entropy of integer labels: `-log(softmax(z)[label])` and its gradient, without one-hot rows."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.reductions import row_max, row_sums

_UNSIGNED = {np.dtype(f"{kind}{size}"): np.dtype(f"u{size}") for kind in "iu" for size in (1, 2, 4, 8)}


def softmax_crossentropy(labels: Array, logits: Array) -> tuple[Array, Array]:
    """`-log(p[label])` with `p = exp(z) / sum(exp(z))`, that is `log(sum(exp(z))) - z[label]`.

    The largest logit of a row is subtracted first, which changes nothing but keeps `exp` from overflowing.

    Args:
        labels: (batch, ...), integers in 0 ... classes - 1.
        logits: z, (batch, ..., classes).
    Returns:
        The losses, of the labels' shape, and their gradients with respect to the logits: `p - t`, where `t` is 1 at the label
        and 0 elsewhere.
    """
    z = np.subtract(logits, row_max(logits), order="C")  # (batch, ..., classes); reshape(-1) is then a view
    label_positions = _positions(labels, z)
    z_label = z.reshape(-1)[label_positions].reshape(labels.shape)
    p = np.exp(z, out=z)
    total = row_sums(p)  # sum(exp(z)), (batch, ..., 1)
    p /= total
    loss: Array = np.log(total.reshape(labels.shape)) - z_label
    dz = p  # in the same memory
    dz.reshape(-1)[label_positions] -= 1
    return loss, dz


def mean_softmax_crossentropy(labels: Array, logits: Array) -> tuple[float, Array] | None:
    """The mean of `softmax_crossentropy`, and its gradient; `None` without labels, or if one is not in 0 ... classes - 1."""
    if not labels.size or not are_in_range(labels, logits.shape[-1]):
        return None
    losses, dz = softmax_crossentropy(labels, logits)
    share = losses.dtype.type(1 / losses.size)
    losses *= share
    dz *= share
    return np.add.reduce(losses, None), dz


def are_in_range(labels: Array, classes: int) -> bool:
    """Whether all are in 0 ... classes - 1; a negative integer, read as an unsigned one, is large."""
    unsigned = _UNSIGNED.get(labels.dtype)
    if unsigned is not None and labels.size:
        return bool(np.maximum.reduce(labels.view(unsigned), None) < classes)
    return not labels.size or bool(0 <= np.minimum.reduce(labels, None) <= np.maximum.reduce(labels, None) < classes)


def _positions(labels: Array, z: Array) -> Array:
    """Where each label's logit is in the flattened z; one index array is faster than two."""
    positions = np.arange(0, z.size, z.shape[-1])
    positions += labels.reshape(-1).astype(positions.dtype, copy=False)
    return positions
