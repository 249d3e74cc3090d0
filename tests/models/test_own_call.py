"""Models that are given their layers and define `call`: the code of the class runs, and may run the layers."""

import copy
import pickle

import numpy as np
import pytest

from minidl import Input, Model, Sequential, load_model, models, saving
from minidl.layers import Dense
from minidl.testing import check_layer

X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


@saving.register_keras_serializable("own_call")
class Doubled(Model):
    def call(self, x, training=None):
        return 2 * super().call(x, training=training)


@saving.register_keras_serializable("own_call")
class Shifted(Sequential):
    def call(self, x):
        return super().call(x) + 1


def drawn():
    start = Input((3,))
    return Doubled(start, Dense(2, name="head")(Dense(4, "tanh", name="hidden")(start)))


def stacked():
    return Shifted([Input((3,)), Dense(4, "tanh", name="hidden"), Dense(2, name="head")])


MADE = pytest.mark.parametrize(("make", "expected"), [(drawn, lambda y: 2 * y), (stacked, lambda y: y + 1)])


@MADE
def test_call_runs_in_direct_calls_predictions_and_symbolic_calls(make, expected):
    model = make()
    hidden, head = model.get_layer("hidden"), model.get_layer("head")
    right = expected(head(hidden(X)))
    outer = Input((3,))
    for found in (model(X), model.predict(X, verbose=0), Model(outer, model(outer)).predict(X, verbose=0)):
        np.testing.assert_allclose(found, right, rtol=1e-6)


@MADE
def test_layers_weights_and_shapes_are_those_of_the_given_layers(make, expected):
    model = make()
    assert [layer.name for layer in model.layers if layer.weights] == ["hidden", "head"]
    assert [weight.shape for weight in model.weights] == [(3, 4), (4,), (4, 2), (2,)]
    assert model.built
    assert model.input_shape == (None, 3)
    assert model.output_shape == (None, 2)
    assert sorted(model.gradients(X, np.zeros((4, 2)))) == ["head/bias", "head/kernel", "hidden/bias", "hidden/kernel"]


@MADE
@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), models.clone_model])
def test_copies_run_call_and_train_to_the_same_bits(make, expected, again):
    model = make()
    model.compile("adam", "mse")
    model.fit(X, X[:, :2], verbose=0)
    other = again(model)
    other.set_weights(model.get_weights())
    assert np.array_equal(other(X), model(X))
    for each in (model, other):
        each.compile("sgd", "mse")
        each.fit(X, X[:, :2], shuffle=False, verbose=0)
    assert np.array_equal(other(X), model(X))


@MADE
@pytest.mark.parametrize("ending", ["safetensors", "keras"])
def test_saved_models_run_call(make, expected, ending, tmp_path):
    model = make()
    model.save(tmp_path / f"model.{ending}")
    loaded = load_model(tmp_path / f"model.{ending}")
    assert type(loaded) is type(model)
    np.testing.assert_array_equal(loaded(X), model(X))


def test_gradients_through_the_given_layers_are_the_numeric_ones():
    class Inner(Doubled):
        def __init__(self, **kwargs):
            start = Input((3,))
            Model.__init__(self, start, Dense(2, "tanh")(start), **kwargs)

    check_layer(Inner, (4, 3))


def test_layers_in_attributes_are_trained_too():
    class Extended(Doubled):
        def __init__(self):
            start = Input((3,))
            super().__init__(start, Dense(2)(start))
            self.extra = Dense(1)

        def call(self, x):
            return self.extra(super().call(x))

    model = Extended()
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    before = model.get_weights()
    assert [weight.shape for weight in before] == [(3, 2), (2,), (2, 1), (1,)]
    model.fit(X, X[:, :1], verbose=0)
    assert all(np.any(now != then) for now, then in zip(model.get_weights(), before, strict=True))


def test_freezing_reaches_the_given_layers():
    model = drawn()
    model.trainable = False
    assert model.trainable_weights == []
    model.get_layer("head").trainable = True
    assert len(model.trainable_weights) == 2


def test_super_call_of_a_model_without_layers_raises_an_error():
    class Empty(Model):
        def call(self, x):
            return super().call(x)

    with pytest.raises(TypeError, match=r"was given no layers, so super\(\).call\(x\) has nothing to run"):
        Empty()(X)
