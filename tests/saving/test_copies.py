"""Copies by pickle, `copy.deepcopy`, joblib and cloudpickle predict the same, and training goes on with the same bits."""

import copy
import pickle
from io import BytesIO

import cloudpickle
import joblib
import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers

X = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
Y = X[:, :2] ** 2


class Own(Model):
    """A subclassed model with a layer in a list."""

    def __init__(self, units=8):
        super().__init__()
        self.units = units
        self.parts = [layers.Dense(units, "tanh"), layers.Dropout(0.2)]
        self.head = layers.Dense(2)

    def call(self, x, training=False):
        for part in self.parts:
            x = part(x)
        return self.head(x)


def sequential():
    parts = [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.3), layers.Dense(2)]
    return Sequential([Input((6,)), *parts])


def functional():
    start = Input((6,))
    shared = layers.Dense(6, "tanh")
    return Model(start, layers.Dense(2)(shared(layers.Dropout(0.2)(shared(start))) + start))


def by_joblib(model):
    file = BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


MODELS = {"Sequential": sequential, "functional": functional, "subclassed": Own}
COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "deepcopy": copy.deepcopy,
    "joblib": by_joblib,
    "cloudpickle": lambda model: pickle.loads(cloudpickle.dumps(model)),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", MODELS)
def test_a_copy_predicts_the_same_and_continues_training_with_the_same_bits(kind, way):
    model = MODELS[kind]()
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    before = model.get_weights()
    other = COPIES[way](model)
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    lost = other.fit(X, Y, epochs=2, batch_size=8, verbose=0).history["loss"]
    for weight, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)  # the copy shares nothing with the original
    assert lost == model.fit(X, Y, epochs=2, batch_size=8, verbose=0).history["loss"]
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_cloudpickle_takes_a_model_whose_class_and_functions_have_no_module():
    factor = 3.0

    class Local(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2, activation=lambda x: x * factor)

        def call(self, x):
            return self.dense(x)

    model = Local()
    expected = model.predict(X, verbose=0)
    other = pickle.loads(cloudpickle.dumps(model))
    np.testing.assert_array_equal(other.predict(X, verbose=0), expected)
