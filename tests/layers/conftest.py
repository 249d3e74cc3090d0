"""What the layers' tests share: gradients held against numeric ones along random directions."""

from contextlib import ExitStack

import numpy as np
import pytest

STEP = 1e-6


def _members(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _check_gradients(layer, x, mask=None, training=True):
    """`dx` and every weight's gradient equal numeric ones in float64, under random `dy`s; nothing given is changed."""
    rng = np.random.default_rng(0)
    frozen = [np.array(member) for member in _members(x)]
    layer.build_for([member.shape for member in frozen] if isinstance(x, list) else x.shape)
    assert layer.dtype == "float64"

    def run(values):
        with layer.preserved_state():
            return layer._forward(values if isinstance(x, list) else values[0], mask, training)[:2]

    y, cache = run(frozen)
    dy = [rng.standard_normal(member.shape) for member in _members(y)]
    for array in (*frozen, *dy):
        array.flags.writeable = False
    for weight in layer.weights:
        weight.grad[...] = 0
    dx = layer._backward(tuple(dy) if isinstance(y, tuple) else dy[0], cache)

    def loss(values):
        y, cache = run(values)
        return sum((d * member).sum() for d, member in zip(dy, _members(y), strict=True)) + layer._penalty(cache)

    for number, gradient in enumerate([] if dx is None else _members(dx)):
        direction = rng.standard_normal(gradient.shape)
        ends = [[m + sign * STEP * direction if n == number else m for n, m in enumerate(frozen)] for sign in (1, -1)]
        numeric = (loss(ends[0]) - loss(ends[1])) / (2 * STEP)
        assert gradient.dtype == np.float64
        np.testing.assert_allclose((gradient * direction).sum(), numeric, rtol=1e-5, atol=1e-7)
    for weight in layer.trainable_weights:
        direction, value = rng.standard_normal(weight.shape), weight.numpy()
        with ExitStack() as after:
            after.callback(weight.assign, value)
            weight.assign(value + STEP * direction)
            upper = loss(frozen)
            weight.assign(value - STEP * direction)
            numeric = (upper - loss(frozen)) / (2 * STEP)
        assert np.abs(weight.grad).max() > 1e-5
        np.testing.assert_allclose((weight.grad * direction).sum(), numeric, rtol=1e-5, atol=1e-7)


@pytest.fixture
def check_gradients():
    """A function `(layer, x, mask=None, training=True)` that fails where a gradient is not the numeric one."""
    return _check_gradients


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(7)
