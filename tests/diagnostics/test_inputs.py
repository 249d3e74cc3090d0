"""Inputs that are not scaled."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, optimizers
from minidl.diagnostics import diagnose
from tests.diagnostics.sample_models import compiled, images, mlp, pixels, sequences, table


def first(report):
    assert report.findings, str(report)
    return report.findings[0]


def accuracy(model, x, y):
    return float((model.predict(x).argmax(axis=1) == y).mean())


@pytest.mark.parametrize("factor", [255, 1e4, 1e-4])
def test_unscaled_pixels_are_reported(factor):
    x, y = pixels()
    finding = first(diagnose(compiled(mlp()), x * factor, y))
    assert finding.kind == "unscaled_inputs"
    assert finding.layer == "dense"
    assert "Dense" in finding.sentence


def test_one_unscaled_column_of_a_table_is_reported():
    x, y = table()
    x[:, 5] = 3000 + 500 * x[:, 5]
    finding = first(diagnose(compiled(mlp("relu", (32,), 1, None), "adam", "mse"), x, y))
    assert (finding.kind, round(finding.value / 3000)) == ("unscaled_inputs", 1)
    assert "feature 5" in finding.sentence


def test_unscaled_sequences_and_images_are_reported():
    x, y = sequences()
    report = diagnose(compiled(Sequential([layers.LSTM(8), layers.Dense(2, "softmax")])), x * 500, y)
    assert [finding.kind for finding in report] == ["unscaled_inputs"]
    x, y = images()
    model = Sequential([layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")])
    assert first(diagnose(compiled(model), np.round(x[..., np.newaxis] * 255), y)).kind == "unscaled_inputs"


def test_the_fix_scales_and_the_network_learns():
    x, y = pixels()
    x = np.round(255 * x)
    model = compiled(mlp("tanh", (32,)), optimizers.SGD(0.2))
    finding = first(diagnose(model, x, y))
    fixed = finding.apply(model)
    assert isinstance(fixed.layers[0], layers.Rescaling)
    fixed.fit(x, y, epochs=10, verbose=0)
    model.fit(x, y, epochs=10, verbose=0)
    assert accuracy(fixed, x, y) > 0.9 > accuracy(model, x, y)


def test_the_fix_of_a_functional_model_normalizes_a_table():
    x, y = table()
    x = x * 1000
    start = Input((8,))
    model = compiled(Model(start, layers.Dense(1)(layers.Dense(16, "relu")(start))), "adam", "mse")
    fixed = first(diagnose(model, x, y)).apply(model)
    assert not [finding for finding in diagnose(fixed, x, y) if finding.kind == "unscaled_inputs"]
    assert fixed.fit(x, y, epochs=15, verbose=0).history["loss"][-1] < 0.7


def test_inputs_that_the_model_scales_itself_are_not_reported():
    x, y = table()
    model = Sequential([layers.BatchNormalization(), layers.Dense(16, "relu"), layers.Dense(1)])
    assert diagnose(compiled(model, "adam", "mse"), x * 1000, y).healthy
