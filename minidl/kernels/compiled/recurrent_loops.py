"""The loops of LSTM and GRU over time, compiled as a whole; masks, dropout and other activations take the reference.

Each thread runs all steps of its rows of the batch, so between two steps nothing waits for Python or for another thread.
The compiled matrix products are those of SciPy's BLAS, which gets one thread meanwhile.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.blas_threads import blas_libraries, run_with_blas_threads
from minidl.kernels.compiled.compiler import compile_loops
from minidl.kernels.compiled.recurrence import (
    add_to_rows,
    are_default,
    gru_step_backward_loops,
    gru_step_loops,
    lstm_step_backward_loops,
    lstm_step_loops,
)
from minidl.kernels.few_rows import rows_at_once
from minidl.kernels.im2col import chunks, parts_for_threads
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.recurrence import gru as gru_reference
from minidl.kernels.recurrence import lstm as lstm_reference
from minidl.kernels.recurrence.gates import Gates, MatrixProduct, transposed
from minidl.kernels.recurrence.gru import GRUCache
from minidl.kernels.recurrence.lstm import LSTMCache, Product
from minidl.kernels.threads import in_parallel

_LSTM, _GRU = "sigmoid sigmoid tanh sigmoid", "sigmoid sigmoid"  # activations of the gates


def lstm(z: Array, h_start: Array, c_start: Array, recurrent_matmul: Product, *rest: Any) -> LSTMCache:
    """`lstm.lstm`."""
    kernel, bias = _weights_of(recurrent_matmul)
    if kernel is None or not _is_plain(rest, _LSTM, z, h_start, c_start, kernel):
        return lstm_reference.lstm(z, h_start, c_start, recurrent_matmul, *rest)
    states, dtype = (len(z) + 1, *h_start.shape), z.dtype
    h, c, c_activated = empty(states, dtype), empty(states, dtype), empty((len(z), *h_start.shape), dtype)
    h[0], c[0] = h_start, c_start
    bias = np.zeros(kernel.shape[1], z.dtype) if bias is None else bias
    _run_rows(lambda rows: _lstm(z, h, c, c_activated, kernel, bias, rows.start, rows.stop), z, kernel)
    return LSTMCache(z, z, h, c, c_activated)


@compile_loops
def _lstm(z: Array, h: Array, c: Array, c_activated: Array, kernel: Array, bias: Array, start: int, stop: int) -> None:
    recurrent = np.empty((stop - start, kernel.shape[1]), z.dtype)
    for t in range(len(z)):
        y = z[t][start:stop]
        np.dot(h[t][start:stop], kernel, recurrent)  # (rows, units) @ (units, 4 * units)
        add_to_rows(recurrent, bias)
        lstm_step_loops(
            y, recurrent, c[t][start:stop], y, c[t + 1][start:stop], c_activated[t][start:stop], h[t + 1][start:stop]
        )


def lstm_backward(
    dy: Array, dh_end: Array, dc_end: Array, cache: LSTMCache, recurrent_matmul_backward: Product, *rest: Any
) -> tuple[Array, Array, Array]:
    """`lstm.lstm_backward`."""
    z, y, _, c, c_activated = cache
    kernel, _ = _weights_of(recurrent_matmul_backward)
    if kernel is None or not _is_plain(rest, _LSTM, z, y, c, c_activated, kernel):
        return lstm_reference.lstm_backward(dy, dh_end, dc_end, cache, recurrent_matmul_backward, *rest)
    dy = np.ascontiguousarray(dy)
    dz, dh, dc = empty_like(z), dh_end.copy(), dc_end.copy()
    _run_rows(
        lambda rows: _lstm_backward(dy, dh[rows], dc[rows], y, c, c_activated, dz, kernel, rows.start, rows.stop), z, kernel
    )
    return dz, dh, dc


@compile_loops
def _lstm_backward(
    dy: Array,
    dh: Array,
    dc: Array,
    y: Array,
    c: Array,
    c_activated: Array,
    dz: Array,
    kernel: Array,
    start: int,
    stop: int,
) -> None:
    unused = len(y) - len(dy)
    for t in range(len(y) - 1, -1, -1):
        if t >= unused:
            dh += dy[t - unused][start:stop]
        dz_rows = dz[t][start:stop]
        lstm_step_backward_loops(dh, dc, y[t][start:stop], c[t][start:stop], c_activated[t][start:stop], dz_rows)
        np.dot(dz_rows, kernel, dh)  # (rows, 4 * units) @ (4 * units, units)


def gru(
    z: Array, h_start: Array, recurrent_kernel: Array, recurrent_bias: Array | None, reset_after: bool, *rest: Any
) -> GRUCache:
    """`gru.gru`."""
    if not reset_after or not _is_plain(rest, _GRU, z, h_start, recurrent_kernel):
        return gru_reference.gru(z, h_start, recurrent_kernel, recurrent_bias, reset_after, *rest)
    bias = np.zeros(recurrent_kernel.shape[1], z.dtype) if recurrent_bias is None else recurrent_bias
    h, inner = empty((len(z) + 1, *h_start.shape), z.dtype), empty((len(z), *h_start.shape), z.dtype)
    h[0] = h_start
    _run_rows(lambda rows: _gru(z, h, inner, recurrent_kernel, bias, rows.start, rows.stop), z, recurrent_kernel)
    return GRUCache(z, z, h, inner)


@compile_loops
def _gru(z: Array, h: Array, inner: Array, kernel: Array, bias: Array, start: int, stop: int) -> None:
    product = np.empty((stop - start, kernel.shape[1]), z.dtype)
    for t in range(len(z)):
        y = z[t][start:stop]
        np.dot(h[t][start:stop], kernel, product)  # (rows, units) @ (units, 3 * units)
        add_to_rows(product, bias)
        gru_step_loops(y, product, h[t][start:stop], y, inner[t][start:stop], h[t + 1][start:stop])


def gru_backward(
    dy: Array, dh_end: Array, cache: GRUCache, recurrent_kernel: Array, reset_after: bool, *rest: Any
) -> tuple[Array, Array, Array]:
    """`gru.gru_backward`."""
    z, y, h, inner = cache
    if not reset_after or not _is_plain(rest, _GRU, z, y, h, inner, recurrent_kernel):
        return gru_reference.gru_backward(dy, dh_end, cache, recurrent_kernel, reset_after, *rest)
    kernel, dy = transposed(recurrent_kernel), np.ascontiguousarray(dy)
    dz, dproduct, dh = empty_like(z), empty_like(z), dh_end.copy()
    _run_rows(lambda rows: _gru_backward(dy, dh[rows], y, h, inner, dz, dproduct, kernel, rows.start, rows.stop), z, kernel)
    return dz, dproduct, dh


@compile_loops
def _gru_backward(
    dy: Array,
    dh: Array,
    y: Array,
    h: Array,
    inner: Array,
    dz: Array,
    dproduct: Array,
    kernel: Array,
    start: int,
    stop: int,
) -> None:
    unused, through_u = len(y) - len(dy), np.empty_like(dh)
    for t in range(len(y) - 1, -1, -1):
        if t >= unused:
            dh += dy[t - unused][start:stop]
        product_rows = dproduct[t][start:stop]
        gru_step_backward_loops(
            dh, y[t][start:stop], h[t][start:stop], inner[t][start:stop], dz[t][start:stop], product_rows, through_u
        )
        np.dot(product_rows, kernel, dh)  # (rows, 3 * units) @ (3 * units, units)
        dh += through_u


def _weights_of(product: Product) -> tuple[Array | None, Array | None]:
    return (product.kernel, product.bias) if isinstance(product, MatrixProduct) else (None, None)


def _is_plain(rest: tuple[Gates, Gates, Array | None, Array | None], names: str, *arrays: Array) -> bool:
    """Whether the arguments after the arrays, gates, activation, mask and dropout, are those that the loops are written for."""
    gates, activation, mask, dropout = rest
    plain = mask is None and dropout is None and arrays[0].size > 0 and are_default(gates, names, activation, *arrays)
    return plain and limits_scipy()


def _run_rows(run: Callable[[slice], None], z: Array, kernel: Array) -> None:
    """`run(rows)` for all rows of the batch, on as many threads as gain from them; z is (time, batch, columns)."""
    steps, batch = z.shape[:2]
    parts, most = parts_for_threads(batch, steps * batch * kernel.size), min(8, rows_at_once(kernel.size)) or batch
    some = [rows for part in parts for rows in chunks(part, 1, most)]
    run_with_blas_threads(1, lambda: in_parallel(run, some))


@functools.cache
def limits_scipy() -> bool:
    """Whether the number of threads of SciPy's BLAS, which compiled products call, can be limited, once it is loaded."""
    import scipy.linalg.cython_blas  # noqa: F401 - what Numba loads at the first product

    return bool(blas_libraries())
