"""Models whose class defines `forward` and `backward` itself: trained, evaluated and shown like any other."""

import copy
import pickle

import numpy as np
import pytest

from minidl import Model, ops
from minidl.layers import Dense
from minidl.layers.custom_passes import CustomPasses

X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")


class Own(Model):
    """One dense layer, run by hand."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(1)

    def build(self, input_shape):
        self.dense.build_for(input_shape)

    def forward(self, x, training=False):
        return self.dense.forward(x)

    def backward(self, dy, cache):
        return self.dense.backward(dy, cache)


class Inferring(Own):
    def infer(self, x):
        return self.dense.infer(x) + 1


class Penalised(Own):
    def penalty(self, cache):
        return 2.0


class Two(Own):
    def forward(self, x, training=False):
        y, cache = self.dense.forward(x)
        return (y, 2 * y), cache

    def backward(self, dy, cache):
        return self.dense.backward(dy[0] + 2 * dy[1], cache)


def test_a_model_always_has_a_network():
    assert isinstance(Model().network, CustomPasses)
    assert Own().layers[0].name.startswith("dense")


@pytest.mark.parametrize("optimizer", ["sgd", "LBFGS"])
def test_it_learns_and_copies_of_it_learn_alike(optimizer):
    model = Own()
    model.compile(optimizer, "mse")
    losses = model.fit(X, X[:, :1], epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    again = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    expected = model.predict(X)
    for one in again:
        np.testing.assert_array_equal(one.predict(X), expected)
        assert one.network.owner is one


def test_its_own_inference_is_used_for_predictions():
    model = Inferring()
    np.testing.assert_allclose(model.predict(X), model.dense(X) + 1, rtol=1e-6)


def test_its_own_penalty_counts_in_training_and_evaluation():
    plain, penalised = Own(), Penalised()
    for model in (plain, penalised):
        model.compile("sgd", "mse")
        model.build((None, 3))
    penalised.set_weights(plain.get_weights())
    difference = penalised.evaluate(X, X[:, :1], verbose=0) - plain.evaluate(X, X[:, :1], verbose=0)
    assert difference == pytest.approx(2.0, rel=1e-5)
    assert penalised.train_on_batch(X, X[:, :1]) - plain.train_on_batch(X, X[:, :1]) == pytest.approx(2.0, rel=1e-5)


def test_several_outputs_take_a_list_of_losses_and_loss_weights():
    model = Two()
    model.compile("sgd", ["mse", "mae"], loss_weights=[1.0, 0.5])
    history = model.fit(X, [X[:, :1], X[:, :1]], epochs=5, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


class NoForward(Model):
    def backward(self, dy, cache):
        return dy


class NoBackward(Model):
    def build(self, input_shape):
        self.w = self.add_weight((), "ones", name="w")

    def forward(self, x, training=False):
        return x, None


@pytest.mark.parametrize(("kind", "missing"), [(NoForward, 'no_forward" defines no call'), (NoBackward, "defines no backward")])
def test_the_error_for_a_class_without_a_pass_names_it(kind, missing):
    model = kind()
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=missing):
        model.fit(X, X, verbose=0)


def test_the_trace_shows_it_as_one_layer():
    model = Own()
    model.compile("sgd", "mse")
    assert [entry.layer for entry in model.trace(X, X[:, :1])] == [model]


def test_code_with_call_is_a_network_of_its_layers():
    class Called(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(1)

        def call(self, x):
            return ops.tanh(self.dense(x))

    model = Called()
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    assert model.dense in [entry.layer for entry in model.trace(X, X[:, :1])]
