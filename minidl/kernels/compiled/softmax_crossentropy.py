"""Softmax and cross-entropy of integer labels, in three passes."""

from math import log
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels import softmax_crossentropy as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops, compile_sums
from minidl.kernels.compiled.functions import exp


def softmax_crossentropy(labels: Array, logits: Array) -> tuple[Array, Any]:
    """`softmax_crossentropy.softmax_crossentropy`."""
    if are_plain(logits) and logits.shape[-1] > 0:
        p, positions, loss = np.empty_like(logits), np.empty(labels.size, np.int64), np.empty(labels.shape, logits.dtype)
        rows, ids = logits.reshape(-1, logits.shape[-1]), labels.astype(np.int64, order="C").reshape(-1)
        if _softmax_crossentropy(ids, rows, p.reshape(rows.shape), positions, loss.reshape(-1)):
            return loss, (p, positions)
    return reference.softmax_crossentropy(labels, logits)


@compile_loops
def _softmax_crossentropy(labels: Any, z: Any, p: Any, positions: Any, loss: Any) -> bool:
    """Whether every label is a column of z, (rows, classes)."""
    rows, classes = z.shape
    for n in range(rows):
        if labels[n] < 0 or labels[n] >= classes:
            return False
        positions[n] = n * classes + labels[n]
        largest = z[n, 0]
        for k in range(classes):
            largest = z[n, k] if z[n, k] > largest else largest
        for k in range(classes):
            p[n, k] = z[n, k] - largest
        loss[n] = p[n, labels[n]]
    elements = p.reshape(-1)
    for i in range(elements.size):  # vector instructions need more elements than a row may have
        elements[i] = exp(elements[i])
    for n in range(rows):
        total = _sum(p[n])
        loss[n] = log(total) - loss[n]
        for k in range(classes):
            p[n, k] /= total
    return True


@compile_sums
def _sum(row: Any) -> Any:
    total = row[0]
    for k in range(1, row.size):
        total += row[k]
    return total


def softmax_crossentropy_backward(dloss: Array, cache: Any) -> Array:
    """`softmax_crossentropy.softmax_crossentropy_backward`."""
    p, positions = cache
    if not are_plain(p, dloss):
        return reference.softmax_crossentropy_backward(dloss, cache)
    dz: Array = np.empty_like(p)
    _softmax_crossentropy_backward(dloss.reshape(-1), p.reshape(-1, p.shape[-1]), positions, dz.reshape(-1, p.shape[-1]))
    return dz


@compile_loops
def _softmax_crossentropy_backward(dloss: Any, p: Any, positions: Any, dz: Any) -> None:
    rows, classes = p.shape
    for n in range(rows):
        for k in range(classes):
            dz[n, k] = p[n, k] * dloss[n]
        dz[n, positions[n] - n * classes] -= dloss[n]
