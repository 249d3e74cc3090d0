"""Softmax, and its cross-entropy of integer labels; arrays are (rows, columns)."""

from math import log
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels import attention
from minidl.kernels import softmax_crossentropy as reference
from minidl.kernels.compiled.compiler import are_plain, compile_loops, compile_sums, compile_within
from minidl.kernels.compiled.functions import exp
from minidl.kernels.memory import empty_like


def softmax_crossentropy(labels: Array, logits: Array) -> tuple[Array, Array]:
    """`softmax_crossentropy.softmax_crossentropy`."""
    if are_plain(logits) and logits.shape[-1] > 0:
        dz, loss = empty_like(logits), np.empty(labels.shape, logits.dtype)
        rows, ids = (-1, logits.shape[-1]), labels.astype(np.int64, "C", copy=False).reshape(-1)
        if _softmax_crossentropy(ids, logits.reshape(rows), dz.reshape(rows), loss.reshape(-1)):
            return loss, dz
    return reference.softmax_crossentropy(labels, logits)


@compile_loops
def _softmax_crossentropy(labels: Array, z: Array, p: Array, loss: Array) -> bool:
    """Whether every label is a column of z, (rows, classes); p becomes the gradient of the loss."""
    rows, classes = z.shape
    for n in range(rows):
        if labels[n] < 0 or labels[n] >= classes:
            return False
        largest = z[n, 0]
        for k in range(classes):
            largest = z[n, k] if z[n, k] > largest else largest
        for k in range(classes):
            p[n, k] = z[n, k] - largest
        loss[n] = p[n, labels[n]]
    _exponentiate(p)
    for n in range(rows):
        total = _sum(p[n])
        loss[n] = log(total) - loss[n]
        for k in range(classes):
            p[n, k] /= total
        p[n, labels[n]] -= p.dtype.type(1)
    return True


@compile_sums
def _sum(row: Array) -> Any:
    total = row[0]
    for k in range(1, row.size):
        total += row[k]
    return total


def softmax_rows(z: Array) -> None:
    """`attention.softmax_rows`."""
    if z.size and are_plain(z):
        softmax_of_rows(z.reshape(-1, z.shape[-1]))
    else:
        attention.softmax_rows(z)


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
    """`attention.softmax_rows_backward`."""
    if y.size and dy.shape == y.shape and are_plain(dy, y):
        _softmax_backward(dy.reshape(-1, y.shape[-1]), y.reshape(-1, y.shape[-1]))
    else:
        attention.softmax_rows_backward(dy, y)


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
