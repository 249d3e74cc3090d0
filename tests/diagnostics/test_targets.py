"""Targets that are not scaled, and classes that are not balanced."""

import numpy as np
import pytest

from minidl import layers
from minidl.diagnostics import diagnose
from minidl.utils import to_categorical
from tests.diagnostics.sample_models import compiled, mlp, moons, pixels, table


def kinds(report):
    return [finding.kind for finding in report]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
@pytest.mark.parametrize(("factor", "offset"), [(50_000, 200_000), (1, 500), (1e-4, 0)])
def test_targets_far_from_one_are_named(loss, factor, offset):
    x, y = table()
    report = diagnose(compiled(mlp("relu", (32,), 1, None), "adam", loss), x, factor * y + offset)
    assert kinds(report) == ["unscaled_targets"]


def test_targets_that_the_model_scales_itself_are_not_reported():
    x, y = table()
    model = mlp("relu", (32,), 1, None)
    model.add(layers.Rescaling(50.0, offset=200.0))
    assert "unscaled_targets" not in kinds(diagnose(compiled(model, "adam", "mae"), x, 50 * y + 200))


def test_rare_classes_are_named():
    x, y = moons(1000, share=0.95)
    model = compiled(mlp("relu", (16,), 1, "sigmoid"), "adam", "binary_crossentropy")
    report = diagnose(model, x, y)
    assert kinds(report) == ["unbalanced_classes"]
    assert "95.0%" in report[0].sentence
    assert "class_weight={0: 0.53, 1: 10.0}" in report[0].fix


@pytest.mark.parametrize("one_hot", [False, True])
def test_a_rare_digit_is_named(one_hot):
    x, y = pixels()
    kept = (y != 7) | (np.arange(len(y)) % 20 == 0)
    x, y = x[kept], y[kept]
    model = compiled(mlp(), loss="categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy")
    assert kinds(diagnose(model, x, to_categorical(y, 10) if one_hot else y)) == ["unbalanced_classes"]


def test_weighted_classes_are_not_reported():
    x, y = moons(1000, share=0.95)
    model = compiled(mlp("relu", (16,), 1, "sigmoid"), "adam", "binary_crossentropy")
    assert diagnose(model, x, y, sample_weight=np.where(y, 10.0, 0.53)).healthy
