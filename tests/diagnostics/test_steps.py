"""The initial loss, the learning rate, and a batch that cannot be overfitted."""

import numpy as np
import pytest

from minidl import Sequential, layers, optimizers
from minidl.diagnostics import diagnose
from minidl.initializers import Constant, RandomNormal
from minidl.regularizers import L2
from tests.diagnostics.sample_models import compiled, images, lstm, mlp, moons, pixels, table


def kinds(report):
    return [finding.kind for finding in report]


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(20.0),
        optimizers.SGD(5.0, momentum=0.9),
        optimizers.Adam(1.0),
        optimizers.RMSprop(1.0),
        optimizers.SGD(1e4),
    ],
    ids=repr,
)
def test_a_rate_that_is_too_large_is_named_and_fixed(optimizer):
    x, y = pixels()
    model = compiled(mlp(), optimizer)
    report = diagnose(model, x, y)
    assert kinds(report) == ["learning_rate_too_large"]
    fixed = report[0].apply(model)
    assert fixed.optimizer.learning_rate < model.optimizer.learning_rate == report[0].value
    assert fixed.fit(x, y, epochs=5, verbose=0).history["loss"][-1] < 1.5


def test_a_rate_that_is_too_large_for_a_regression_is_named():
    model = compiled(mlp("relu", (32,), 1, None), optimizers.SGD(3.0), "mse")
    assert kinds(diagnose(model, *table())) == ["learning_rate_too_large"]


def test_a_rate_that_is_too_large_for_a_convnet_is_named():
    x, y = images()
    model = Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")])
    assert kinds(diagnose(compiled(model, optimizers.Adam(2.0)), x[..., np.newaxis], y)) == ["learning_rate_too_large"]


@pytest.mark.parametrize(
    "optimizer",
    [optimizers.SGD(1e-5), optimizers.Adam(1e-7), optimizers.Adam(1e-6), optimizers.SGD(1e-6, momentum=0.9)],
    ids=repr,
)
def test_a_rate_that_is_too_small_is_named_and_fixed(optimizer):
    x, y = pixels()
    model = compiled(mlp(), optimizer)
    report = diagnose(model, x, y)
    assert kinds(report) == ["learning_rate_too_small"]
    fixed = report[0].apply(model)
    assert fixed.fit(x, y, epochs=5, verbose=0).history["loss"][-1] < 2


def test_a_rate_that_is_too_small_for_a_recurrent_network_and_a_regression_is_named():
    model, x, y = lstm()
    model.compile(optimizers.Adam(1e-7), "binary_crossentropy")
    assert kinds(diagnose(model, x, y)) == ["learning_rate_too_small"]
    model = compiled(mlp("relu", (32,), 1, None), optimizers.SGD(1e-6), "mse")
    assert kinds(diagnose(model, *table())) == ["learning_rate_too_small"]


@pytest.mark.parametrize(
    ("loss", "last"), [("sparse_categorical_crossentropy", "softmax"), ("binary_crossentropy", "sigmoid"), ("mse", None)]
)
def test_a_large_initial_loss_is_reported(loss, last):
    x, y = pixels()
    units = 10 if last == "softmax" else 1
    targets = y if last == "softmax" else y % 2 if last else y / 9
    end = layers.Dense(units, last, kernel_initializer=RandomNormal(stddev=20.0))
    report = diagnose(compiled(Sequential([layers.Dense(32, "relu"), end]), loss=loss), x, targets)
    assert "initial_loss" in kinds(report)
    assert "but uninformed predictions have a loss of" in report[kinds(report).index("initial_loss")].sentence


def test_a_bias_with_a_confident_prediction_is_reported():
    end = layers.Dense(1, "sigmoid", bias_initializer=Constant(30.0))
    report = diagnose(compiled(Sequential([layers.Dense(16, "tanh"), end]), loss="binary_crossentropy"), *moons())
    assert kinds(report)[0] == "initial_loss"


def test_frozen_weights_are_reported_and_unfrozen():
    x, y = pixels()
    model = compiled(mlp())
    model.build((None, 64))
    model.trainable = False
    report = diagnose(model, x, y)
    assert kinds(report) == ["cannot_overfit"]
    assert report[0].apply(model).fit(x, y, epochs=3, verbose=0).history["loss"][-1] < 1.5
    assert not model.trainable


def test_a_network_without_an_activation_cannot_learn_exclusive_or():
    x = np.random.default_rng(0).choice([-1.0, 1.0], (400, 2)) + 0.1 * np.random.default_rng(1).normal(size=(400, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = compiled(mlp(None, (16, 16), 1, "sigmoid"), loss="binary_crossentropy")
    assert kinds(diagnose(model, x, y)) == ["cannot_overfit"]


def test_equal_rows_of_different_classes_cannot_be_learned():
    x, _ = table(400)
    y = np.random.default_rng(1).integers(0, 2, 400)
    model = compiled(mlp("relu", (32,), 1, "sigmoid"), optimizers.Adam(0.01), "binary_crossentropy")
    assert kinds(diagnose(model, np.repeat(x[:5], 80, axis=0), y)) == ["cannot_overfit"]


def test_a_penalty_that_is_too_strong_lets_nothing_be_learned():
    model = compiled(mlp("relu", (32,), kernel_regularizer=L2(100.0)))
    assert kinds(diagnose(model, *pixels())) == ["cannot_overfit"]
