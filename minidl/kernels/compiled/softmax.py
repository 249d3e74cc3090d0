"""Softmax, and its cross-entropy of integer labels; arrays are (rows, columns)."""

from math import log
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels import softmax_crossentropy as reference
from minidl.kernels.activations import softmax
from minidl.kernels.compiled.compiler import are_plain, compile_loops, compile_sums, compile_within
from minidl.kernels.compiled.functions import exp
from minidl.kernels.memory import empty


def softmax_crossentropy(labels: Array, logits: Array) -> tuple[Array, Array]:
    """`softmax_crossentropy.softmax_crossentropy`."""
    result = _losses_and_gradient(labels, logits, 1)
    return reference.softmax_crossentropy(labels, logits) if result is None else result[1:]


def mean_softmax_crossentropy(labels: Array, logits: Array) -> tuple[float, Array] | None:
    """`softmax_crossentropy.mean_softmax_crossentropy`."""
    result = _losses_and_gradient(labels, logits, labels.size)
    return reference.mean_softmax_crossentropy(labels, logits) if result is None else (result[0], result[2])


def _losses_and_gradient(labels: Array, logits: Array, count: int) -> tuple[float, Array, Array] | None:
    """The sum of the losses divided by `count`, the losses, and the sum's gradient; `None` where the reference is needed."""
    if not are_plain(logits) or not logits.size:
        return None
    dz, losses, number = empty(logits.shape, logits.dtype), np.empty(labels.shape, logits.dtype), logits.dtype.type
    rows, ids = (-1, logits.shape[-1]), labels.astype(np.int64, "C", copy=False).reshape(-1)
    total = _softmax_crossentropy(ids, logits.reshape(rows), dz.reshape(rows), losses.reshape(-1), number(1 / count))
    return None if total < 0 else (number(total), losses, dz)


@compile_loops
def _softmax_crossentropy(labels: Array, z: Array, p: Array, loss: Array, share: float) -> float:
    """The sum of the losses times `share`, or -1 if a label is no column of z, (rows, classes); p becomes its gradient."""
    rows, classes = z.shape
    for n in range(rows):
        if labels[n] < 0 or labels[n] >= classes:
            return -1.0
        largest = z[n, 0]
        for k in range(classes):
            largest = z[n, k] if z[n, k] > largest else largest
        for k in range(classes):
            p[n, k] = z[n, k] - largest
        loss[n] = p[n, labels[n]]
    _exponentiate(p)
    sum_of_losses = 0.0
    for n in range(rows):
        total = _sum(p[n])
        loss[n] = log(total) - loss[n]
        sum_of_losses += loss[n] * share
        for k in range(classes):
            p[n, k] /= total
        p[n, labels[n]] -= p.dtype.type(1)
        for k in range(classes):
            p[n, k] *= share
    return sum_of_losses


@compile_sums
def _sum(row: Array) -> Any:
    total = row[0]
    for k in range(1, row.size):
        total += row[k]
    return total


def softmax_rows(z: Array) -> None:
    """`softmax.softmax_rows`."""
    if z.size and are_plain(z):
        softmax_of_rows(z.reshape(-1, z.shape[-1]))
    else:
        softmax.softmax_rows(z)


@compile_loops
def softmax_of_rows(z: Array) -> None:
    """Softmax of each row, in place."""
    rows, columns = z.shape
    for n in range(rows):
        largest = z[n, 0]
        for k in range(columns):
            largest = z[n, k] if z[n, k] > largest else largest
        for k in range(columns):
            z[n, k] -= largest
    _exponentiate(z)
    for n in range(rows):
        total = _sum(z[n])
        for k in range(columns):
            z[n, k] /= total


@compile_within
def _exponentiate(z: Array) -> None:
    """`exp(z)`, in place, across rows: vector instructions need more elements than a row may have."""
    elements = z.reshape(-1)
    for i in range(elements.size):
        elements[i] = exp(elements[i])


def softmax_rows_backward(dy: Array, y: Array) -> None:
    """`softmax.softmax_rows_backward`."""
    if y.size and dy.shape == y.shape and are_plain(dy, y):
        _softmax_backward(dy.reshape(-1, y.shape[-1]), y.reshape(-1, y.shape[-1]))
    else:
        softmax.softmax_rows_backward(dy, y)


@compile_loops
def _softmax_backward(dy: Array, y: Array) -> None:
    rows, columns = y.shape
    for n in range(rows):
        mean = _sum_of_product(dy[n], y[n])
        for k in range(columns):
            dy[n, k] = (dy[n, k] - mean) * y[n, k]


@compile_sums
def _sum_of_product(a: Array, b: Array) -> Any:
    total = a.dtype.type(0)
    for k in range(a.size):
        total += a[k] * b[k]
    return total
