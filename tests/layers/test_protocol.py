"""A layer that violates the protocol raises an error that names it."""

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.layers import Dense, Embedding, Flatten, Layer
from minidl.testing import check_layer

X = np.random.default_rng(0).normal(size=(2, 3))


class Keeps(Layer):
    def forward(self, x):  # without `training`, which it does not need
        return 2 * x, None

    def backward(self, dy, cache):
        return 2 * dy


class NoCache(Keeps):
    def forward(self, x, training=False):
        return 2 * x


class NoGradient(Keeps):
    def backward(self, dy, cache):
        pass


def test_forward_needs_no_training_argument():
    check_layer(Keeps, (3, 4))
    assert Sequential([Keeps(), Dense(1)]).predict(X).shape == (2, 1)


def test_a_forward_that_returns_no_cache_raises_an_error():
    for use in (lambda: NoCache()(X), lambda: Sequential([NoCache(), Dense(1)]).predict(X)):
        with pytest.raises(TypeError, match=r"forward returns \(y, cache\), got a ndarray"):
            use()


def test_a_backward_that_returns_nothing_raises_an_error_with_the_layers_position():
    model = Sequential([Input((3,)), Dense(3), NoGradient(name="lost"), Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="backward returns dx") as caught:
        model.fit(X, X[:, 0], verbose=0)
    assert caught.value.__notes__ == ['in layer 2 of 3, NoGradient "lost"']


def ids(random, shape):
    return random.integers(0, 5, shape)


def test_no_gradient_reaches_the_layers_before_integers():
    model = Sequential([Input((2, 3), dtype="int64"), Flatten(), Embedding(5, 4)])
    check_layer(lambda: Sequential([Flatten(), Embedding(5, 4)]), (3, 2, 2), inputs=ids, mask=None)
    y, cache = model.forward(np.ones((1, 2, 3), int))
    assert model.backward(np.ones_like(y), cache) is None


def test_the_checker_expects_a_function_that_creates_layers():
    with pytest.raises(TypeError, match="give it the class, or a function"):
        check_layer(Keeps(), (3, 4))


def test_reading_weights_of_an_unbuilt_layer_raises_an_error_with_the_fix():
    for use in (lambda: Dense(3, name="d").kernel, lambda: Dense(3, name="d").forward(X)):
        with pytest.raises(AttributeError, match="Dense \"d\" has no attribute 'kernel'; it is not built yet"):
            use()
    assert not hasattr(Dense(3), "kernel")
    with pytest.raises(AttributeError, match="has no attribute 'kernels'; did you mean 'kernel'"):
        print(Sequential([Input((3,)), Dense(3)]).layers[0].kernels)
