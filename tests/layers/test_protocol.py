"""A layer that violates the protocol raises an error that names it."""

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.layers import Dense, Embedding, Flatten, Layer, MaxPooling1D
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


def test_a_subclass_that_overrides_forward_or_backward_is_predicted_and_trained_with_its_own():
    class Doubled:
        def forward(self, x, training=False):
            y, cache = super().forward(x)
            return 2 * y, cache

        def backward(self, dy, cache):
            return super().backward(2 * dy, cache)

    class DoubledDense(Doubled, Dense):
        pass

    class DoubledPooling(Doubled, MaxPooling1D):
        pass

    check_layer(DoubledPooling, (3, 4, 2))
    layer, plain = DoubledDense(2), Dense(2)
    check_layer(lambda: DoubledDense(2), (3, 4))
    model, plain_model = Sequential([Input((4,)), layer]), Sequential([Input((4,)), plain])
    plain.set_weights(layer.get_weights())
    x = np.ones((1, 4), "float32")
    for predict in (Sequential.__call__, lambda model, x: model.predict(x, verbose=0)):
        np.testing.assert_allclose(predict(model, x), 2 * predict(plain_model, x), rtol=1e-6)
    model.compile("sgd", "mse")
    plain_model.compile("sgd", "mse")
    gradient, plain_gradient = (next(iter(one.gradients(x, one(x) - 1).values())) for one in (model, plain_model))
    np.testing.assert_allclose(gradient, 2 * plain_gradient, rtol=1e-5)
