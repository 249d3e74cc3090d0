"""Units that are saturated or dead, and predictions that ignore the input."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, optimizers
from minidl.diagnostics import diagnose
from minidl.initializers import Constant, RandomNormal
from tests.diagnostics.sample_models import compiled, images, mlp, pixels, table


def kinds(report):
    return [finding.kind for finding in report]


@pytest.mark.parametrize(("activation", "stddev"), [("tanh", 2.0), ("sigmoid", 4.0)])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_saturated_units_are_named(activation, stddev, optimizer):
    model = compiled(mlp(activation, (64, 64), kernel_initializer=RandomNormal(stddev=stddev)), optimizer)
    x, y = pixels()
    report = diagnose(model, x, y)
    assert kinds(report)[0] == "saturated_units"
    assert report[0].value > 0.5
    fixed = report[0].apply(compiled(model, optimizers.Adam(0.005)))
    assert fixed.fit(x, y, epochs=10, verbose=0).history["loss"][-1] < 0.5


def test_dead_units_are_named():
    model = compiled(mlp("relu", (64, 64), bias_initializer=Constant(-5.0)))
    x, y = pixels()
    report = diagnose(model, x, y)
    assert kinds(report)[0] == "dead_units"
    assert report[0].layer == "dense"
    assert report[0].value == 1
    fixed = report[0].apply(model)
    assert fixed.fit(x, y, epochs=5, verbose=0).history["loss"][-1] < 1


def test_dead_channels_of_a_convolution_are_named():
    x, y = images()
    model = Sequential([layers.Conv2D(8, 3, bias_initializer=Constant(-3.0)), layers.ReLU(), layers.Flatten()])
    model.add(layers.Dense(10, "softmax"))
    assert kinds(diagnose(compiled(model), x[..., np.newaxis], y))[0] == "dead_units"


def test_units_that_died_in_training_are_named():
    model = compiled(mlp("relu", (32, 32)), optimizers.SGD(200.0))
    x, y = pixels()
    model.fit(x, y, epochs=1, verbose=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert kinds(diagnose(model, x, y))[0] == "dead_units"


def test_weights_that_start_at_zero_ignore_the_input():
    model = compiled(mlp("relu", (32, 32), kernel_initializer="zeros"))
    x, y = pixels()
    report = diagnose(model, x, y)
    assert "ignores_input" in kinds(report)
    fixed = report[kinds(report).index("ignores_input")].apply(model)
    assert fixed.fit(x, y, epochs=5, verbose=0).history["loss"][-1] < 1


def test_a_factor_of_zero_ignores_the_input():
    model = Sequential([layers.Dense(32, "relu"), layers.Rescaling(0.0), layers.Dense(10, "softmax")])
    assert "ignores_input" in kinds(diagnose(compiled(model), *pixels()))


def test_a_last_layer_that_starts_at_zero_but_learns_is_not_reported():
    model = Sequential([layers.Dense(32, "relu"), layers.Dense(10, "softmax", kernel_initializer="zeros")])
    assert diagnose(compiled(model), *pixels()).healthy


def test_one_of_two_inputs_that_is_ignored_is_named():
    x, y = table()
    one, other = Input((8,), name="one"), Input((8,), name="other")
    h = layers.Concatenate()([one, layers.Rescaling(0.0)(other)])
    model = compiled(Model([one, other], layers.Dense(1)(layers.Dense(32, "tanh")(h))), optimizers.Adam(0.01), "mse")
    report = diagnose(model, [x, x[::-1]], y)
    assert kinds(report) == ["ignores_input"]
    assert '"other"' in report[0].sentence
