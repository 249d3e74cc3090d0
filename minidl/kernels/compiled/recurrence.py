"""The steps of LSTM and GRU with their default activations; other activations take the reference.

Arrays are (batch, units), those of all gates (batch, gates * units). Each loop writes one array and reads few others, because
LLVM must check that they do not overlap. As y and z may be the same array, z is first added to the recurrent product. A row
stays in the first cache meanwhile.
"""

from typing import Any

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import are_plain, compile_loops
from minidl.kernels.compiled.functions import sigmoid, tanh
from minidl.kernels.recurrence import gru, lstm
from minidl.kernels.recurrence.gates import Gates


def lstm_step(z: Array, recurrent: Array, c_before: Array, *rest: Any) -> None:
    """`lstm.lstm_step`."""
    y, c, c_activated, h, _, gates, output_activation = rest
    if are_default(gates, "sigmoid sigmoid tanh sigmoid", output_activation, z, recurrent, c_before, y, c, c_activated, h):
        lstm_step_loops(z, recurrent, c_before, y, c, c_activated, h)
    else:
        lstm.lstm_step(z, recurrent, c_before, *rest)


@compile_loops
def lstm_step_loops(z: Array, recurrent: Array, c_before: Array, y: Array, c: Array, c_activated: Array, h: Array) -> None:
    """`lstm.lstm_step` with these activations."""
    batch, n = h.shape
    for b in range(batch):
        for k in range(4 * n):
            recurrent[b, k] += z[b, k]
        for k in range(2 * n):  # i and f
            y[b, k] = sigmoid(recurrent[b, k])
        for k in range(n):  # g
            y[b, 2 * n + k] = tanh(recurrent[b, 2 * n + k])
        for k in range(n):  # o
            y[b, 3 * n + k] = sigmoid(recurrent[b, 3 * n + k])
        for k in range(n):
            c[b, k] = y[b, n + k] * c_before[b, k] + y[b, k] * y[b, 2 * n + k]
        for k in range(n):
            c_activated[b, k] = tanh(c[b, k])
        for k in range(n):
            h[b, k] = y[b, 3 * n + k] * c_activated[b, k]


def lstm_step_backward(dh: Array, dc: Array, z: Array, y: Array, c_before: Array, *rest: Any) -> None:
    """`lstm.lstm_step_backward`."""
    _, c_activated, dz, _, gates, output_activation = rest
    if are_default(gates, "sigmoid sigmoid tanh sigmoid", output_activation, dh, dc, y, c_before, c_activated, dz):
        lstm_step_backward_loops(dh, dc, y, c_before, c_activated, dz)
    else:
        lstm.lstm_step_backward(dh, dc, z, y, c_before, *rest)


@compile_loops
def lstm_step_backward_loops(dh: Array, dc: Array, y: Array, c_before: Array, c_activated: Array, dz: Array) -> None:
    """`lstm.lstm_step_backward` with these activations."""
    (batch, n), one = dh.shape, dh.dtype.type(1)
    for b in range(batch):
        for k in range(n):  # do, and dc through h
            dz[b, 3 * n + k] = dh[b, k] * c_activated[b, k] * y[b, 3 * n + k] * (one - y[b, 3 * n + k])
        for k in range(n):
            dc[b, k] += dh[b, k] * y[b, 3 * n + k] * (one - c_activated[b, k] * c_activated[b, k])
        for k in range(n):  # di
            dz[b, k] = dc[b, k] * y[b, 2 * n + k] * y[b, k] * (one - y[b, k])
        for k in range(n):  # df
            dz[b, n + k] = dc[b, k] * c_before[b, k] * y[b, n + k] * (one - y[b, n + k])
        for k in range(n):  # dg
            dz[b, 2 * n + k] = dc[b, k] * y[b, k] * (one - y[b, 2 * n + k] * y[b, 2 * n + k])
        for k in range(n):
            dc[b, k] *= y[b, n + k]


def gru_step(z: Array, product: Array, h_before: Array, y: Array, inner: Array, h: Array, *rest: Any) -> None:
    """`gru.gru_step`."""
    _, gates, activation = rest
    if are_default(gates, "sigmoid sigmoid", activation, z, product, h_before, y, inner, h):
        gru_step_loops(z, product, h_before, y, inner, h)
    else:
        gru.gru_step(z, product, h_before, y, inner, h, *rest)


@compile_loops
def gru_step_loops(z: Array, product: Array, h_before: Array, y: Array, inner: Array, h: Array) -> None:
    """`gru.gru_step` with these activations."""
    batch, n = h.shape
    for b in range(batch):
        for k in range(n):
            inner[b, k] = product[b, 2 * n + k]
        for k in range(2 * n):
            product[b, k] += z[b, k]
        for k in range(2 * n):  # u and r
            y[b, k] = sigmoid(product[b, k])
        for k in range(n):
            product[b, 2 * n + k] = z[b, 2 * n + k] + y[b, n + k] * inner[b, k]
        for k in range(n):  # g
            y[b, 2 * n + k] = tanh(product[b, 2 * n + k])
        for k in range(n):
            h[b, k] = (h_before[b, k] - y[b, 2 * n + k]) * y[b, k] + y[b, 2 * n + k]


def gru_step_backward(dh: Array, z: Array, y: Array, h_before: Array, inner: Array, dz: Array, *rest: Any) -> None:
    """`gru.gru_step_backward`."""
    dproduct, through_u, gates, activation = rest
    if are_default(gates, "sigmoid sigmoid", activation, dh, y, h_before, inner, dz, dproduct, through_u):
        gru_step_backward_loops(dh, y, h_before, inner, dz, dproduct, through_u)
    else:
        gru.gru_step_backward(dh, z, y, h_before, inner, dz, *rest)


@compile_loops
def gru_step_backward_loops(
    dh: Array, y: Array, h_before: Array, inner: Array, dz: Array, dproduct: Array, through_u: Array
) -> None:
    """`gru.gru_step_backward` with these activations."""
    (batch, n), one = dh.shape, dh.dtype.type(1)
    for b in range(batch):
        for k in range(n):
            through_u[b, k] = dh[b, k] * y[b, k]
        for k in range(n):  # dg
            dz[b, 2 * n + k] = (dh[b, k] - through_u[b, k]) * (one - y[b, 2 * n + k] * y[b, 2 * n + k])
        for k in range(n):  # du
            dz[b, k] = dh[b, k] * (h_before[b, k] - y[b, 2 * n + k]) * y[b, k] * (one - y[b, k])
        for k in range(n):  # dr
            dz[b, n + k] = dz[b, 2 * n + k] * inner[b, k] * y[b, n + k] * (one - y[b, n + k])
        for k in range(2 * n):
            dproduct[b, k] = dz[b, k]
        for k in range(n):
            dproduct[b, 2 * n + k] = dz[b, 2 * n + k] * y[b, n + k]


@compile_loops
def add_to_rows(z: Array, bias: Array) -> None:
    """`z += bias`."""
    for b in range(len(z)):
        for k in range(bias.size):
            z[b, k] += bias[k]


def are_default(gates: Gates, names: str, activation: Gates, *arrays: Array) -> bool:
    """Whether the activations are these and tanh, and the arrays such as compiled functions expect."""
    return gates.names == names and activation.names == "tanh" and are_plain(*arrays)
