"""Losses that do not match the targets or the last activation."""

import numpy as np
import pytest

from minidl import Sequential, layers, optimizers
from minidl.diagnostics import diagnose
from minidl.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from minidl.utils import to_categorical
from tests.diagnostics.sample_models import compiled, mlp, moons, pixels, table

SOFTMAX_CASES = {
    "one-hot rows for integers": (mlp, "sparse_categorical_crossentropy", True),
    "integers for one-hot rows": (mlp, "categorical_crossentropy", False),
    "softmax and a distance": (mlp, "mse", True),
    "softmax and yes or no": (mlp, "binary_crossentropy", True),
    "ten sigmoids": (lambda: mlp(last="sigmoid"), "sparse_categorical_crossentropy", False),
    "ten sigmoids, one-hot": (lambda: mlp(last="sigmoid"), "categorical_crossentropy", True),
    "no activation": (lambda: mlp(last=None), "sparse_categorical_crossentropy", False),
    "softmax twice": (mlp, SparseCategoricalCrossentropy(from_logits=True), False),
    "too few classes": (lambda: mlp(outputs=8), "sparse_categorical_crossentropy", False),
    "integers for a distance": (lambda: mlp(last=None), "mse", False),
}


def first(report):
    assert report.findings, str(report)
    return report.findings[0]


@pytest.mark.parametrize("case", SOFTMAX_CASES)
def test_a_loss_that_does_not_fit_ten_classes_is_named(case):
    make, loss, one_hot = SOFTMAX_CASES[case]
    x, y = pixels()
    report = diagnose(compiled(make(), loss=loss), x, to_categorical(y, 10) if one_hot else y)
    assert [finding.kind for finding in report] == ["wrong_loss"]


@pytest.mark.parametrize(
    ("last", "loss", "units"),
    [
        ("softmax", "binary_crossentropy", 1),
        ("tanh", "binary_crossentropy", 1),
        (None, "binary_crossentropy", 1),
        ("sigmoid", BinaryCrossentropy(from_logits=True), 1),
        ("sigmoid", "sparse_categorical_crossentropy", 1),
    ],
)
def test_a_loss_that_does_not_fit_two_classes_is_named(last, loss, units):
    report = diagnose(compiled(mlp("relu", (16,), units, last), loss=loss), *moons())
    assert [finding.kind for finding in report] == ["wrong_loss"]


def test_labels_of_minus_one_and_one_are_named():
    x, y = moons()
    report = diagnose(compiled(mlp("relu", (16,), 1, "sigmoid"), loss="binary_crossentropy"), x, 2 * y - 1)
    assert first(report).kind == "wrong_loss"


@pytest.mark.parametrize("last", ["relu", "sigmoid", "tanh", "softplus"])
def test_targets_outside_the_range_of_the_last_activation_are_reported(last):
    x, y = table()
    report = diagnose(compiled(mlp("relu", (16,), 1, last), loss="mse"), x, y)
    assert [finding.kind for finding in report] == ["wrong_loss"]


@pytest.mark.parametrize("case", ["one-hot rows for integers", "softmax and a distance", "ten sigmoids", "no activation"])
def test_the_fixed_network_learns(case):
    make, loss, one_hot = SOFTMAX_CASES[case]
    x, y = pixels()
    targets = to_categorical(y, 10) if one_hot else y
    model = compiled(make(), optimizers.Adam(0.005), loss)
    fixed = first(diagnose(model, x, targets)).apply(model)
    fixed.fit(x, targets, epochs=5, verbose=0)
    assert (fixed.predict(x).argmax(axis=1) == y).mean() > 0.9
    assert model.output_losses[0] is not fixed.output_losses[0]


def test_the_softmax_of_one_unit_becomes_a_sigmoid():
    x, y = moons()
    model = Sequential([layers.Dense(16, "tanh"), layers.Dense(1, "softmax")])
    model.compile(optimizers.Adam(0.02), "binary_crossentropy")
    finding = first(diagnose(model, x, y))
    assert "always 1" in finding.sentence
    fixed = finding.apply(model)
    fixed.fit(x, y, epochs=20, verbose=0)
    assert ((fixed.predict(x)[:, 0] > 0.5) == y).mean() > 0.85
    assert np.all(model.predict(x) == 1)
