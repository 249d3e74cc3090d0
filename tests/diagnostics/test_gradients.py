"""Gradients that vanish or explode."""

import numpy as np
import pytest

from minidl import Model, Sequential, layers, optimizers
from minidl.diagnostics import diagnose
from minidl.initializers import Orthogonal, RandomNormal
from minidl.regularizers import L2
from minidl.utils import to_categorical
from tests.diagnostics.sample_models import compiled, images, mlp, pixels, sequences, table


def kinds(report):
    return [finding.kind for finding in report]


def test_the_first_act_of_the_article_is_explained_and_fixed():
    x, labels = pixels()
    x, y = x[:500], to_categorical(labels[:500], 10)
    recipe = {"kernel_initializer": RandomNormal(stddev=0.01), "kernel_regularizer": L2(1e-5)}
    hidden = [layers.Dense(units, "relu", name=f"hidden_{n}", **recipe) for n, units in enumerate((200, 100, 100, 50), 1)]
    model = Sequential([*hidden, layers.Dense(10, "sigmoid", name="output", **recipe)])
    model.compile(optimizers.SGD(2.0), "binary_crossentropy")
    report = diagnose(model, x, y, batch_size=len(x))
    assert kinds(report) == ["vanishing_gradients"]
    assert report[0].layer == "hidden_1"
    assert 10_000 < report[0].value < 1_000_000
    assert "He initialization" in report[0].fix
    baseline = 0.325  # loss of predicting the class frequencies
    fixed = report[0].apply(model)
    assert model.fit(x, y, batch_size=len(x), epochs=40, verbose=0).history["loss"][-1] > 0.98 * baseline
    assert fixed.fit(x, y, batch_size=len(x), epochs=40, verbose=0).history["loss"][-1] < 0.6 * baseline


@pytest.mark.parametrize(
    ("activation", "depth", "optimizer"),
    [("sigmoid", 8, "adam"), ("sigmoid", 6, optimizers.SGD(0.1)), ("sigmoid", 12, optimizers.Adam(0.01))],
)
def test_gradients_vanish_with_many_sigmoids(activation, depth, optimizer):
    report = diagnose(compiled(mlp(activation, (32,) * depth), optimizer), *pixels())
    assert kinds(report) == ["vanishing_gradients"]


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("optimizer", ["sgd", optimizers.SGD(0.1, momentum=0.9)])
def test_gradients_vanish_with_small_weights(activation, optimizer):
    model = compiled(mlp(activation, (64, 64, 64, 64), kernel_initializer=RandomNormal(stddev=0.01)), optimizer)
    report = diagnose(model, *pixels())
    assert kinds(report) == ["vanishing_gradients"]


def test_gradients_vanish_with_small_filters():
    x, y = images()
    options = {"activation": "relu", "padding": "same", "kernel_initializer": RandomNormal(stddev=0.005)}
    model = Sequential([*(layers.Conv2D(8, 3, **options) for _ in range(4)), layers.Flatten(), layers.Dense(10, "softmax")])
    assert kinds(diagnose(compiled(model, "sgd"), x[..., np.newaxis], y)) == ["vanishing_gradients"]


@pytest.mark.parametrize(("stddev", "depth"), [(1.0, 4), (0.5, 6), (2.0, 3)])
def test_gradients_explode_with_large_weights(stddev, depth):
    model = compiled(mlp("relu", (64,) * depth, kernel_initializer=RandomNormal(stddev=stddev)))
    x, y = pixels()
    report = diagnose(model, x, y)
    assert kinds(report)[0] == "exploding_gradients"
    fixed = report[0].apply(model)
    assert fixed.fit(x, y, epochs=4, verbose=0).history["loss"][-1] < 1


def test_gradients_of_a_regression_explode_with_large_weights():
    model = compiled(mlp("relu", (32,) * 5, 1, None, kernel_initializer=RandomNormal(stddev=1.0)), loss="mse")
    assert kinds(diagnose(model, *table()))[0] == "exploding_gradients"


def test_gradients_explode_through_time_with_recurrent_weights_above_one():
    x, y = sequences(40)
    model = Sequential([layers.SimpleRNN(16, "relu", recurrent_initializer=Orthogonal(gain=2.0)), layers.Dense(1)])
    report = diagnose(compiled(model, loss="mse"), x, y - 0.5)
    assert kinds(report)[0] == "exploding_gradients"


def test_gradients_vanish_through_time_in_a_simple_rnn():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 500)
    x = generator.normal(size=(500, 80, 1))
    x[:, 0, 0] = 3 * (2 * y - 1)
    model = Sequential([layers.SimpleRNN(12, recurrent_initializer=Orthogonal(gain=0.7)), layers.Dense(1, "sigmoid")])
    assert "vanishing_gradients" in kinds(diagnose(compiled(model, loss="binary_crossentropy"), x, y))


def test_a_recurrent_layer_that_returns_its_states_is_examined_too():
    x, _ = sequences()
    inputs = layers.Input(x.shape[1:])
    model = Model(inputs, layers.LSTM(3, return_sequences=True, return_state=True)(inputs))
    model.compile("adam", "mse")
    targets = [np.zeros((len(x), x.shape[1], 3)), np.zeros((len(x), 3)), np.zeros((len(x), 3))]
    assert "exploding_gradients" not in [finding.kind for finding in diagnose(model, x, targets).findings]
