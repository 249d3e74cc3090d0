"""Constant features, and copies of others."""

import numpy as np
import pytest

from minidl.diagnostics import diagnose
from tests.diagnostics.sample_models import compiled, mlp, pixels, table


def kinds(report):
    return [finding.kind for finding in report]


def regressor():
    return compiled(mlp("relu", (32,), 1, None), "adam", "mse")


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5])
def test_a_constant_column_of_a_table_is_named(value):
    x, y = table()
    x[:, 3] = value
    report = diagnose(regressor(), x, y)
    assert kinds(report) == ["constant_features"]
    assert "Feature 3" in report[0].sentence


def test_a_column_that_varies_in_a_single_row_is_not_constant():
    x, y = table(3000)
    x[:, 3] = 1.0
    x[1234, 3] = 2.0
    assert diagnose(regressor(), x, y).healthy


def test_constant_bright_pixels_are_reported_and_dark_borders_are_not():
    x, y = pixels()
    x = np.pad(x.reshape(-1, 8, 8), ((0, 0), (2, 2), (2, 2))).reshape(len(x), -1)
    assert diagnose(compiled(mlp()), x, y).healthy
    x[:, 70:80] = 1.0
    report = diagnose(compiled(mlp()), x, y)
    assert kinds(report) == ["constant_features"]
    assert report[0].value == 10


@pytest.mark.parametrize("factor", [1.0, 2.54])
def test_a_copy_of_a_column_is_named(factor):
    x, y = table()
    x[:, 6] = factor * x[:, 1]
    report = diagnose(regressor(), x, y)
    assert kinds(report) == ["duplicated_features"]
    assert "Feature 6 repeats feature 1" in report[0].sentence


def test_copies_of_several_columns_are_listed():
    x, y = table()
    x[:, 6], x[:, 7] = x[:, 1], 3 * x[:, 2]
    assert "2 features (6, 7) repeat others (feature 6 repeats feature 1)" in diagnose(regressor(), x, y)[0].sentence


@pytest.mark.parametrize("width", [1, 2])
def test_inputs_that_are_the_same_in_every_row_come_before_their_consequences(width):
    x, y = np.ones((60, width)), np.arange(60) % 3
    report = diagnose(regressor(), x, y.astype(float))
    assert kinds(report)[0] == "constant_features"


def test_similar_columns_are_not_reported_as_copies():
    x, y = table()
    x[:, 6] = x[:, 1] + 0.01 * x[:, 2]
    assert diagnose(regressor(), x, y).healthy
