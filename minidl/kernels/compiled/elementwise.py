"""Dropout, GELU and the gradient of an embedding, in one pass each; arrays are flat, those of the embedding (rows, width)."""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels import add_rows as embedding
from minidl.kernels import dropout
from minidl.kernels.activations import gelu
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.compiled.functions import exp, normal_probability
from minidl.kernels.compiled.parts import run_in_parts
from minidl.kernels.memory import empty_like

_HALF, _ONE, _TWO, _THREE = np.float32(0.5), np.float32(1), np.float32(2), np.float32(3)
_ROOT, _CUBE, _DENSITY = np.float32(math.sqrt(2 / math.pi)), np.float32(0.044715), np.float32(1 / math.sqrt(2 * math.pi))


def drop(x: Array, keep: Array, rate: float) -> Array:
    """`dropout.drop`."""
    if keep.shape != x.shape or keep.dtype != bool or not keep.flags.carray or not are_plain(x):
        return dropout.drop(x, keep, rate)
    y = empty_like(x)
    scale = x.dtype.type(1.0 / (1.0 - rate) if rate < 1.0 else 0.0)
    run_in_parts(_drop, (x.reshape(-1), keep.reshape(-1), y.reshape(-1)), scale)
    return y


@compile_loops
def _drop(x: Array, keep: Array, y: Array, scale: float) -> None:
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = x[i] * (scale if keep[i] else zero)


def gelu_values(x: Array, approximate: bool) -> Array:
    """`gelu.gelu_values` of float32."""
    if x.dtype != np.float32 or not are_plain(x):
        return gelu.gelu_values(x, approximate)
    y = empty_like(x)
    run_in_parts(_gelu_by_tanh if approximate else _gelu, (x.reshape(-1), y.reshape(-1)))
    return y


@compile_loops
def _gelu(x: Array, y: Array) -> None:
    for i in range(x.size):
        y[i] = x[i] * normal_probability(x[i])


@compile_loops
def _gelu_by_tanh(x: Array, y: Array) -> None:
    """`(1 + tanh(u)) / 2 = 1 / (1 + exp(-2 * u))`, in which nothing cancels where tanh is near -1."""
    for i in range(x.size):
        y[i] = x[i] / (_ONE + exp(-_TWO * _ROOT * (x[i] + _CUBE * x[i] * x[i] * x[i])))


def gelu_gradient(dy: Array, x: Array, approximate: bool) -> Array:
    """`gelu.gelu_gradient` of float32."""
    if x.dtype != np.float32 or not are_plain(dy, x):
        return gelu.gelu_gradient(dy, x, approximate)
    dx = empty_like(x)
    run_in_parts(_gelu_by_tanh_backward if approximate else _gelu_backward, (dy.reshape(-1), x.reshape(-1), dx.reshape(-1)))
    return dx


@compile_loops
def _gelu_backward(dy: Array, x: Array, dx: Array) -> None:
    for i in range(x.size):
        dx[i] = dy[i] * (x[i] * _DENSITY * exp(-_HALF * x[i] * x[i]) + normal_probability(x[i]))


@compile_loops
def _gelu_by_tanh_backward(dy: Array, x: Array, dx: Array) -> None:
    for i in range(x.size):
        share = _ONE / (_ONE + exp(-_TWO * _ROOT * (x[i] + _CUBE * x[i] * x[i] * x[i])))
        slope = _TWO * _ROOT * (_ONE + _THREE * _CUBE * x[i] * x[i])
        dx[i] = dy[i] * (share + x[i] * (share * (_ONE - share)) * slope)


def add_rows(table: Array, ids: Array, rows: Array) -> None:
    """`add_rows.add_rows`."""
    if not (are_plain(table, rows) and ids.dtype == np.int64 and ids.flags.carray and _add_rows(table, ids, rows)):
        embedding.add_rows(table, ids, rows)


@compile_loops
def _add_rows(table: Array, ids: Array, rows: Array) -> bool:
    """Whether every id is a row of the table; otherwise nothing is added."""
    for n in range(ids.size):
        if ids[n] < 0 or ids[n] >= table.shape[0]:
            return False
    for n in range(ids.size):
        for k in range(table.shape[1]):
            table[ids[n], k] += rows[n, k]
    return True
