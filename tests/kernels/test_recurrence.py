"""The loops over time against slow textbook loops; backward against finite differences."""

import numpy as np
import pytest

from minidl import activations
from minidl.kernels.recurrence.gates import Gates
from minidl.kernels.recurrence.gru import gru, gru_backward, gru_recurrent_kernel_gradient
from minidl.kernels.recurrence.lstm import lstm, lstm_backward
from minidl.kernels.recurrence.simple_rnn import simple_rnn, simple_rnn_backward

TIME, BATCH, UNITS = 3, 3, 2
STEP = 1e-6
FUNCTIONS = {"tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "softplus": lambda x: np.log1p(np.exp(x))}
PAIRS = [("tanh", "sigmoid"), ("sigmoid", "tanh"), ("softplus", "sigmoid"), ("tanh", "softplus")]
CASES = [(False, False, TIME), (True, False, 1), (True, True, TIME)]  # masked steps, dropout, outputs used


def slow_simple(z, h, kernel, f, mask, dropout):
    outputs = np.zeros((len(z), *h.shape))
    for row in range(len(h)):
        state = h[row]
        for t in range(len(z)):
            if mask[t, row]:
                state = f(z[t, row] + (dropout[row] * state) @ kernel)
            outputs[t, row] = state
    return outputs


def slow_lstm(z, h, c, kernel, f, gate, mask, dropout):
    outputs, ends = np.zeros((len(z), *h.shape)), np.zeros_like(c)
    for row in range(len(h)):
        state, memory = h[row], c[row]
        for t in range(len(z)):
            if mask[t, row]:
                i, forget, g, o = np.split(z[t, row] + (dropout[row] * state) @ kernel, 4)
                memory = gate(forget) * memory + gate(i) * f(g)
                state = gate(o) * f(memory)
            outputs[t, row] = state
        ends[row] = memory
    return outputs, ends


def slow_gru(z, h, kernel, bias, reset_after, f, gate, mask, dropout):
    outputs, n = np.zeros((len(z), *h.shape)), h.shape[1]
    for row in range(len(h)):
        state = h[row]
        for t in range(len(z)):
            seen = dropout[row] * state
            if mask[t, row] and reset_after:
                inner = seen @ kernel + bias
                u, r = gate(z[t, row, :n] + inner[:n]), gate(z[t, row, n : 2 * n] + inner[n : 2 * n])
                state = u * state + (1 - u) * f(z[t, row, 2 * n :] + r * inner[2 * n :])
            elif mask[t, row]:
                u, r = gate(z[t, row, :n] + seen @ kernel[:, :n]), gate(z[t, row, n : 2 * n] + seen @ kernel[:, n : 2 * n])
                state = u * state + (1 - u) * f(z[t, row, 2 * n :] + (r * seen) @ kernel[:, 2 * n :])
            outputs[t, row] = state
    return outputs


def differences(function, arrays):
    """The gradient of a number, element by element."""
    gradients = []
    for array in arrays:
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            value = array[index]
            array[index] = value + STEP
            upper = function()
            array[index] = value - STEP
            gradient[index] = (upper - function()) / (2 * STEP)
            array[index] = value
        gradients.append(gradient)
    return gradients


def prepared(masked, dropped, gates):
    """Random arrays of every kind; mask and dropout once as the kernel takes them, once as the slow loop does."""
    rng = np.random.default_rng(3)
    z, kernel = rng.normal(size=(TIME, BATCH, gates * UNITS)), rng.normal(size=(UNITS, gates * UNITS))
    h, c, dh, dc = rng.normal(size=(4, BATCH, UNITS))
    mask = rng.random((TIME, BATCH, 1)) < 0.6 if masked else None
    dropout = 2.0 * (rng.random((BATCH, UNITS)) < 0.5) if dropped else None
    slow = (
        np.ones((TIME, BATCH), bool) if mask is None else mask[..., 0],
        np.ones((BATCH, UNITS)) if dropout is None else dropout,
    )
    return z, h, c, kernel, dh, dc, (mask, dropout), slow, rng.normal(size=(TIME, BATCH, UNITS))


def assert_equals_differences(gradient, numeric):
    """Equal except for what finite differences lose to rounding."""
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8 * max(1, np.abs(numeric).max()))


def gates_of(*names):
    return Gates([getattr(activations, name) for name in names], np.zeros((BATCH, UNITS)))


@pytest.mark.parametrize(("masked", "dropped", "last"), CASES)
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_the_plain_loop_and_its_backward_equal_the_slow_one(name, masked, dropped, last):
    z, h, _, kernel, dh, _, fast, slow, dy = prepared(masked, dropped, 1)
    dy = dy[-last:]
    before = z.copy()
    states = simple_rnn(z, h, kernel, gates_of(name), *fast)
    np.testing.assert_allclose(states[1:], slow_simple(before, h, kernel, FUNCTIONS[name], *slow))

    def loss():
        y = slow_simple(before, h, kernel, FUNCTIONS[name], *slow)
        return (dy * y[-last:]).sum() + (dh * y[-1]).sum()

    found = simple_rnn_backward(dy, dh, z, states, kernel, gates_of(name), *fast)
    for mine, numeric in zip(found, differences(loss, [before, h]), strict=True):
        assert_equals_differences(mine, numeric)


@pytest.mark.parametrize(("masked", "dropped", "last"), CASES)
@pytest.mark.parametrize(("name", "gate"), PAIRS)
def test_the_loop_of_the_lstm_and_its_backward_equal_the_slow_one(name, gate, masked, dropped, last):
    z, h, c, kernel, dh, dc, fast, slow, dy = prepared(masked, dropped, 4)
    dy, before = dy[-last:], z.copy()
    functions = gates_of(gate, gate, name, gate), gates_of(name)
    cache = lstm(z, h, c, lambda x, out: np.matmul(x, kernel, out=out), *functions, *fast)
    outputs, ends = slow_lstm(before, h, c, kernel, FUNCTIONS[name], FUNCTIONS[gate], *slow)
    np.testing.assert_allclose(cache.h[1:], outputs)
    np.testing.assert_allclose(cache.c[-1], ends)

    def loss():
        y, end = slow_lstm(before, h, c, kernel, FUNCTIONS[name], FUNCTIONS[gate], *slow)
        return (dy * y[-last:]).sum() + (dh * y[-1]).sum() + (dc * end).sum()

    found = lstm_backward(dy, dh, dc, cache, lambda dz, _: dz @ kernel.T, *functions, *fast)
    for mine, numeric in zip(found, differences(loss, [before, h, c]), strict=True):
        assert_equals_differences(mine, numeric)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize(("masked", "dropped", "last"), CASES)
@pytest.mark.parametrize(("name", "gate"), PAIRS)
def test_the_loop_of_the_gru_and_its_backward_equal_the_slow_one(name, gate, masked, dropped, reset_after, last):
    z, h, _, kernel, dh, _, fast, slow, dy = prepared(masked, dropped, 3)
    dy, before = dy[-last:], z.copy()
    bias = np.linspace(-1, 1, 3 * UNITS) if reset_after else None
    functions = gates_of(gate, gate), gates_of(name)
    cache = gru(z, h, kernel, bias, reset_after, *functions, *fast)
    outputs = slow_gru(before, h, kernel, bias, reset_after, FUNCTIONS[name], FUNCTIONS[gate], *slow)
    np.testing.assert_allclose(cache.h[1:], outputs)

    def loss():
        y = slow_gru(before, h, kernel, bias, reset_after, FUNCTIONS[name], FUNCTIONS[gate], *slow)
        return (dy * y[-last:]).sum() + (dh * y[-1]).sum()

    dz, dproduct, dstart = gru_backward(dy, dh, cache, kernel, reset_after, *functions, *fast)
    found = [dz, dstart, gru_recurrent_kernel_gradient(cache, reset_after, fast[1], dproduct)]
    variables = [before, h, kernel]
    if reset_after:
        found.append(dproduct.sum(axis=(0, 1)))
        variables.append(bias)
    for mine, numeric in zip(found, differences(loss, variables), strict=True):
        assert_equals_differences(mine, numeric)


def test_gates_with_large_arguments_neither_overflow_nor_exceed_one():
    z = np.full((BATCH, 2 * UNITS), 1e4, "float32")
    z[0] = -1e4
    like = np.zeros((BATCH, UNITS), "float32")
    y, gates = np.empty_like(z), Gates([activations.sigmoid, activations.tanh], like)
    gates.forward(z, y)
    assert y.min() == -1
    assert y.max() == 1
    assert y[0, 0] == 0
    dy = np.ones_like(y)
    gates.backward(dy, z, y)
    assert not dy.any()
