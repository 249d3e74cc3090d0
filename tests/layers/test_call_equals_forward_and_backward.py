"""The same layer written with `call` and with `forward` and `backward`: equal outputs and gradients on random inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl import Layer, Sequential, ops
from minidl.config.settings import floatx, set_floatx
from minidl.layers import Dense


class Affine(Layer):
    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], 3), name="w")
        self.b = self.add_weight((3,), "zeros", name="b")


class AffineByCall(Affine):
    def call(self, x):
        return np.tanh(x @ self.w + self.b)


class AffineByHand(Affine):
    def forward(self, x, training=False):
        y = np.tanh(x @ self.w.value + self.b.value)
        return y, (x, y)

    def backward(self, dy, cache):
        x, y = cache
        dz = dy * (1 - y * y)
        self.w.grad += x.T @ dz
        self.b.grad += dz.sum(axis=0)
        return dz @ self.w.value.T


class Standardize(Layer):
    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")


class StandardizeByCall(Standardize):
    def call(self, x):
        centered = x - np.mean(x, axis=-1, keepdims=True)
        return self.scale * centered / ops.sqrt(ops.mean(centered**2, axis=-1, keepdims=True) + 0.1)


class StandardizeByHand(Standardize):
    def forward(self, x, training=False):
        centered = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centered**2).mean(axis=-1, keepdims=True) + 0.1)
        return self.scale.value * centered / spread, (centered / spread, spread)

    def backward(self, dy, cache):
        z, spread = cache
        self.scale.grad += (dy * z).sum(axis=0)
        dz = dy * self.scale.value
        return (dz - dz.mean(axis=-1, keepdims=True) - z * (dz * z).mean(axis=-1, keepdims=True)) / spread


class Residual(Layer):
    def __init__(self):
        super().__init__()
        self.inner = Dense(4, "tanh", kernel_initializer="ones")

    def build(self, input_shape):
        self.inner.build_for(input_shape)


class ResidualByCall(Residual):
    def call(self, x):
        y = self.inner(x)
        y += x
        return y if np.sum(x) > 0 else -y


class ResidualByHand(Residual):
    def forward(self, x, training=False):
        y, cache = self.inner.forward(x)
        sign = 1 if x.sum() > 0 else -1
        return sign * (y + x), (cache, sign)

    def backward(self, dy, cache):
        inner, sign = cache
        return self.inner.backward(sign * dy, inner) + sign * dy


@pytest.fixture(autouse=True)
def float64():
    before = floatx()
    set_floatx("float64")
    yield
    set_floatx(before)


@pytest.mark.parametrize(
    ("by_call", "by_hand"),
    [(AffineByCall, AffineByHand), (StandardizeByCall, StandardizeByHand), (ResidualByCall, ResidualByHand)],
)
@given(rows=st.integers(1, 5), seed=st.integers(0, 2**16))
def test_outputs_and_gradients_are_equal(by_call, by_hand, rows, seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.normal(size=(rows, 4)), None
    found = []
    weights = None
    for kind in (by_call, by_hand):
        model = Sequential([kind()])
        model.build((None, 4))
        weights = [rng.normal(size=weight.shape) for weight in model.weights] if weights is None else weights
        model.set_weights(weights)
        y, cache = model.forward(x, training=True)
        dy = rng.normal(size=y.shape) if dy is None else dy
        for weight in model.weights:
            weight.grad[...] = 0
        dx = model.backward(dy, cache)
        found.append([y, model(x), dx, *(weight.grad.copy() for weight in model.weights)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
