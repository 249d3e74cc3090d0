"""Models that judge for themselves: `compute_loss` written with `minidl.ops`, `train_step` on the built-in step."""

import numpy as np
import pytest

import minidl
from minidl import Input, Model, Sequential, ops
from minidl.layers import Dense

RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(40, 4)), RANDOM.normal(size=(40, 2))


class Judge(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        error = ops.mean(ops.square(y - y_pred), axis=-1)
        return ops.mean(error if sample_weight is None else error * sample_weight)


def test_an_overridden_compute_loss_trains_like_the_same_compiled_loss():
    weights = RANDOM.uniform(0.5, 2.0, 40).astype("float32")
    for given in ({}, {"sample_weight": weights}):
        histories = []
        for kind, loss in ((Sequential, "mse"), (Judge, None)):
            minidl.utils.set_random_seed(1)
            model = kind([Dense(3, "tanh"), Dense(2)])
            model.compile("adam", loss, metrics=["mae"])
            histories.append(model.fit(X, T, epochs=3, verbose=0, **given).history)
        assert histories[0].keys() == histories[1].keys()
        for key in histories[0]:
            np.testing.assert_allclose(histories[0][key], histories[1][key], rtol=1e-5)


def test_an_overridden_compute_loss_may_use_several_outputs():
    class Two(Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            one, other = y_pred
            return ops.mean(ops.square(one - y)) + 0.1 * ops.mean(ops.abs(other))

    start = Input((4,))
    model = Two(start, [Dense(2)(start), Dense(3)(start)])
    model.compile("sgd")
    losses = [model.train_on_batch(X, T) for _ in range(20)]
    assert losses[-1] < losses[0]


def test_a_compute_loss_that_returns_several_numbers_raises_an_error():
    class Wrong(Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return ops.square(y - y_pred)

    model = Wrong([Dense(2)])
    model.compile("sgd")
    with pytest.raises(ValueError, match="compute_loss returns one number, got an array of shape"):
        model.fit(X, T, verbose=0)


def test_inner_outputs_of_any_model_can_be_used():
    stack = Sequential([Dense(3, "tanh", name="hidden"), Dense(2)])
    with pytest.raises(ValueError, match="was not called on a symbolic tensor"):
        stack.layers[0].output  # noqa: B018  # read for its error
    assert stack.inputs is None
    stack.predict(X)
    inner = Model(stack.inputs, stack.get_layer("hidden").output)
    np.testing.assert_array_equal(inner.predict(X), stack.layers[0](X))
    start = Input((4,))
    graph = Model(start, Dense(2)(Dense(3, name="h")(start)))
    assert graph.input is start
    assert Model(graph.input, graph.get_layer("h").output).predict(X).shape == (40, 3)
    assert graph.get_layer("h").input is start


def test_a_layer_called_twice_has_no_single_output():
    start, shared = Input((4,)), Dense(4)
    kept = shared(shared(start))
    assert kept.shape == (None, 4)
    with pytest.raises(ValueError, match="was called in 2 places"):
        shared.output  # noqa: B018  # read for its error


def test_a_model_can_be_plotted():
    figure = Sequential([Input((4,)), Dense(2)]).plot()
    assert figure.axes
