"""Copies by pickle, `copy.deepcopy`, joblib and cloudpickle predict the same, and training goes on with the same bits."""

import copy
import pickle
import subprocess
import sys
from io import BytesIO

import cloudpickle
import joblib
import numpy as np
import pytest

from minidl import Input, Layer, Model, Sequential, initializers, layers, losses, metrics, ops, optimizers, regularizers

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


def with_classes_of_a_notebook():
    """A compiled model with a class of every kind, none of which another process can import."""

    class Scale(Layer):
        def build(self, input_shape):
            self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

        def forward(self, x, training=False):
            return x * self.factor.value, x

        def backward(self, dy, x):
            self.factor.grad += (dy * x).sum(axis=0)
            return dy * self.factor.value

    class Wide(layers.Dense):
        def __init__(self, units=4, **kwargs):
            super().__init__(2 * units, kernel_initializer=Small(), kernel_regularizer=Lasso(), **kwargs)
            self.half = units

        def call(self, x):
            return ops.tanh(super().call(x))

    class Small(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.1, dtype)

    class Lasso(regularizers.Regularizer):
        def __call__(self, weight):
            return 0.01 * ops.sum(ops.abs(weight))

    class Quartic(losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean((y_pred - y_true) ** 4, axis=-1)

    class Largest(metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.largest = self.add_variable(())

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest.assign(np.maximum(self.largest.value, np.abs(y_pred - y_true).max()))

        def result(self):
            return self.largest.value

    class Descent(optimizers.Optimizer):
        def update_step(self, gradient, variable, learning_rate):
            variable.value -= learning_rate * gradient

    class Slower(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.001 / (1 + step)

    model = Sequential([Input((6,)), Scale(), Wide(), layers.Dense(2)])
    model.compile(Descent(Slower()), Quartic(), metrics=[Largest(), lambda y, p: ops.mean(ops.abs(y - p), axis=-1)])
    return model


def test_cloudpickle_takes_classes_that_another_process_cannot_import():
    model = with_classes_of_a_notebook()
    model.fit(X, Y, batch_size=8, verbose=0)
    load = "import pickle, sys; model, x, y = pickle.load(sys.stdin.buffer)"
    train = "logs = model.fit(x, y, batch_size=8, verbose=0).history"
    answer = "sys.stdout.buffer.write(pickle.dumps([logs, model.get_weights()]))"
    command = [sys.executable, "-c", f"{load}; {train}; {answer}"]
    found = subprocess.run(command, input=cloudpickle.dumps((model, X, Y)), stdout=subprocess.PIPE, check=True).stdout
    logs, weights = pickle.loads(found)
    assert logs == model.fit(X, Y, batch_size=8, verbose=0).history
    for weight, expected in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
