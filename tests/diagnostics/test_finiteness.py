"""NaN and infinity, and where they first appear."""

import numpy as np
import pytest

from minidl import Layer, Sequential, layers
from minidl.diagnostics import diagnose
from tests.diagnostics.sample_models import compiled, mlp, pixels, table


class Logarithm(Layer):
    """`y = log(x)`: not finite where x is 0."""

    def forward(self, x, training=False):
        return np.log(x), x

    def backward(self, dy, cache):
        return dy / cache


class Root(Layer):
    """`y = sqrt(x)`, whose slope is infinite at 0."""

    def forward(self, x, training=False):
        return np.sqrt(x), x

    def backward(self, dy, cache):
        return 0.5 * dy / np.sqrt(cache)


def kinds(report):
    return [finding.kind for finding in report]


@pytest.mark.parametrize("where", ["x", "y", "sample_weight"])
def test_nan_in_the_data_is_found(where):
    x, y = table()
    data = {"x": x, "y": y, "sample_weight": np.ones(len(x))}
    data[where][17] = np.nan
    report = diagnose(compiled(mlp("relu", (32,), 1, None), loss="mse"), data["x"], data["y"], data["sample_weight"])
    assert kinds(report) == ["nan"]
    assert report[0].sentence.startswith(f"{where} holds nan in 1 of 500 rows, first at row 17")


def test_nan_in_the_validation_data_is_found():
    x, y = table()
    y[-1] = np.inf
    report = diagnose(compiled(mlp("relu", (32,), 1, None), loss="mse"), x, y, validation_split=0.1)
    assert kinds(report) == ["nan"]
    assert "validation" in report[0].sentence


def test_nan_in_all_rows_is_the_only_finding():
    x, y = table()
    assert kinds(diagnose(compiled(mlp("relu", (32,), 1, None), loss="mse"), np.full_like(x, np.nan), y)) == ["nan"]


def test_nan_from_a_forward_pass_is_reported_with_the_layer():
    model = Sequential([layers.Dense(8, "relu"), Logarithm(name="logarithm"), layers.Dense(10, "softmax")])
    report = diagnose(compiled(model), *pixels())
    assert kinds(report) == ["nan"]
    assert report[0].layer == "logarithm"
    assert "forward" in report[0].sentence


def test_nan_from_a_backward_pass_is_reported_with_the_layer():
    model = Sequential([layers.Dense(8, "relu"), Root(name="root"), layers.Dense(10, "softmax")])
    report = diagnose(compiled(model), *pixels())
    assert kinds(report) == ["nan"]
    assert report[0].layer == "root"
    assert "back" in report[0].sentence


def test_weights_that_are_nan_are_reported():
    model = compiled(mlp())
    model.build((None, 64))
    model.layers[1].kernel.value[3, 4] = np.nan
    report = diagnose(model, *pixels())
    assert kinds(report) == ["nan"]
    assert report[0].layer == model.layers[1].name
    assert "kernel" in report[0].sentence
