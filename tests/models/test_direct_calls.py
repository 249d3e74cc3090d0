"""`model(x)` of a stack of plain layers runs only the network; everything else about a direct call still holds."""

import numpy as np
import pytest

from minidl import Model, Sequential, ops
from minidl.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    RandomFlip,
    TimeDistributed,
)
from minidl.models.loops import infers_directly

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


def make_model():
    return Sequential([Input((3,)), Dense(5, activation="relu"), BatchNormalization(), Dropout(0.5), Dense(2)])


def test_a_direct_call_equals_a_prediction():
    model = make_model()
    assert infers_directly(model, X)
    np.testing.assert_array_equal(model(X), model.predict(X, batch_size=4, verbose=0))
    images = Sequential([Conv2D(2, 3), Flatten(), Dense(2)])
    x = np.ones((2, 6, 6, 1), "float32")
    images(x)
    assert infers_directly(images, x)
    np.testing.assert_allclose(images(x), images.predict(x, verbose=0), rtol=1e-6)


def test_a_direct_call_of_a_functional_model_equals_a_prediction():
    x = Input((3,))
    hidden = Dense(5, activation="relu")(x)
    joined = Add()([hidden, Dense(5)(ops.exp(x))])
    model = Model(x, {"out": Dense(2)(joined), "inner": joined})
    assert infers_directly(model, X)
    results, expected = model(X), model.predict(X, batch_size=4, verbose=0)
    assert results.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(results[name], expected[name])
    assert not infers_directly(Model([x], {"deep": [{"er": joined}]}), X)
    assert not infers_directly(Model(x, Sequential([Dense(2)])(x)), X)
    penalized = Dense(2, activity_regularizer="l2")
    assert not infers_directly(Model(x, penalized(x)), X)
    frozen = Model(x, Dropout(0.5)(x, training=True))
    assert not np.array_equal(frozen(X), X)


def test_float64_arrays_are_converted():
    model = make_model()
    assert model(X.astype(float)).dtype == np.float32
    np.testing.assert_array_equal(model(X.astype(float)), model(X))


@pytest.mark.parametrize("training", [True, False])
def test_training_is_passed_to_the_layers(training):
    model = make_model()
    assert np.array_equal(model(X, training=training), model(X)) is not training


def test_a_regularizer_that_is_set_later_adds_its_loss():
    model = make_model()
    model(X)
    assert model.losses == []
    model.layers[0].activity_regularizer = lambda y: 0.1 * np.sum(np.abs(y))
    assert not infers_directly(model, X)
    model(X)
    assert len(model.losses) == 1
    model.layers[0].activity_regularizer = None
    model(X)
    assert model.losses == []


def test_layers_that_augment_do_so_in_a_direct_call():
    images = np.arange(8, dtype="float32").reshape(1, 2, 2, 2) + np.zeros((64, 1, 1, 1), "float32")
    flip = RandomFlip("horizontal")
    model = Sequential([Input((2, 2, 2)), flip])
    assert not infers_directly(model, images)
    assert not np.array_equal(model(images), images)
    inner = Sequential([Input((1, 2, 2, 2)), TimeDistributed(RandomFlip("horizontal"))])
    assert not infers_directly(inner, images[:, np.newaxis])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((4, 2), "float32"), "expects rows of"),
        (np.ones(3, "float32"), "x\\[np.newaxis\\]"),
        (np.ones((4, 3, 1, 1), "float32"), "rows of shape"),
        (np.array([["a", "b", "c"]]), "numbers"),
        (np.ma.masked_array(X, X > 0), "mask"),
    ],
)
def test_wrong_inputs_raise_the_same_errors(x, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make_model()(x)


def test_the_result_may_be_changed():
    model = Sequential([Input((3,)), Activation("linear")])
    x = X.copy()
    x.flags.writeable = False
    model(x)[:] = 0
    np.testing.assert_array_equal(x, X)


def test_a_layer_that_is_added_later_takes_part():
    model = make_model()
    before = model(X)
    model.add(Activation("sigmoid"))
    np.testing.assert_allclose(model(X), 1 / (1 + np.exp(-before)), rtol=1e-6)
