"""Unsuitable validation data."""

import numpy as np
import pytest

from minidl.diagnostics import diagnose
from tests.diagnostics.sample_models import compiled, embedding, exclusive_or, mlp, moons, pixels


def kinds(report):
    return [finding.kind for finding in report]


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_rows_sorted_by_class_are_reported_if_the_last_are_held_out(share):
    x, y = pixels()
    order = np.argsort(y, kind="stable")
    report = diagnose(compiled(mlp()), x[order], y[order], validation_split=share)
    assert kinds(report) == ["sorted_validation"]
    assert "sorted by class" in report[0].sentence
    assert diagnose(compiled(mlp()), x[order], y[order]).healthy


def test_two_sorted_classes_are_named():
    x, y = moons()
    order = np.argsort(y, kind="stable")
    model = compiled(mlp("relu", (16,), 1, "sigmoid"), loss="binary_crossentropy")
    assert kinds(diagnose(model, x[order], y[order], validation_split=0.2)) == ["sorted_validation"]


def test_rows_that_are_in_both_parts_are_counted():
    x, y = pixels()
    report = diagnose(compiled(mlp()), x[:1000], y[:1000], validation_data=(x[950:1200], y[950:1200]))
    assert kinds(report) == ["leaked_rows"]
    assert report[0].value == pytest.approx(0.2)
    assert "50 of 250" in report[0].sentence


def test_rows_duplicated_before_the_split_are_found():
    x, y = pixels()
    order = np.random.default_rng(0).permutation(2 * len(x)) % len(x)
    assert kinds(diagnose(compiled(mlp()), x[order], y[order], validation_split=0.2)) == ["leaked_rows"]


def test_repeated_texts_are_reported_and_rows_with_four_possible_values_are_not():
    model, x, y = embedding()
    assert kinds(diagnose(model, x, y, validation_data=(x[:50], y[:50]))) == ["leaked_rows"]
    model, x, y = exclusive_or()
    assert diagnose(model, x, y, validation_split=0.25).healthy
