"""Every metric beside Keras's: the result after each of several updates, with and without sample weights, to 1e-5."""

import keras
import numpy as np
import pytest

from minidl import metrics
from minidl.catalogue import ROOMS
from tests.parity.beside import assert_close

ROWS = 12  # more than any batch below


def probabilities(generator, shape):
    return generator.random(shape).astype("float32")


def with_ties(generator, shape):
    return (generator.integers(0, 3, shape) / 4).astype("float32")


def one_hot(generator, shape):
    return np.eye(shape[-1], dtype="float32")[generator.integers(shape[-1], size=shape[:-1])]


def labels(generator, shape):
    return generator.integers(shape[-1], size=shape[:-1])


def labels_in_a_column(generator, shape):
    return labels(generator, shape)[..., np.newaxis]


def bits(generator, shape):
    return generator.integers(2, size=shape)


def flat_bits(generator, shape):
    return bits(generator, shape)[..., 0]


def largest_error(y_true, y_pred):
    return abs(y_pred - y_true).max(axis=-1)


# class -> rows of (arguments, what makes y_true, what makes y_pred, shape of y_pred)
METRICS = {
    "Accuracy": [({}, bits, bits, (ROWS, 3)), ({}, labels_in_a_column, bits, (ROWS, 1))],
    "BinaryAccuracy": [
        ({}, bits, probabilities, (ROWS, 3)),
        ({}, bits, with_ties, (ROWS, 1)),
        ({}, flat_bits, probabilities, (ROWS, 1)),
        ({"threshold": 0.3, "name": "mine"}, bits, probabilities, (ROWS, 2, 2)),
    ],
    "CategoricalAccuracy": [
        ({}, one_hot, probabilities, (ROWS, 3)),
        ({}, probabilities, with_ties, (ROWS, 3)),
        ({}, one_hot, probabilities, (ROWS, 4, 3)),
    ],
    "Mean": [({}, probabilities, None, (ROWS,)), ({}, probabilities, None, (ROWS, 3)), ({}, probabilities, None, ())],
    "MeanAbsoluteError": [({}, probabilities, probabilities, shape) for shape in ((ROWS, 3), (ROWS, 1), (ROWS, 2, 3))],
    "MeanMetricWrapper": [({"fn": largest_error, "name": "largest"}, probabilities, probabilities, (ROWS, 3))],
    "MeanSquaredError": [
        ({}, probabilities, probabilities, (ROWS, 3)),
        ({}, flat_bits, probabilities, (ROWS, 1)),
        ({}, probabilities, probabilities, (ROWS, 2, 3)),
    ],
    "SparseCategoricalAccuracy": [
        ({}, labels, probabilities, (ROWS, 3)),
        ({}, labels_in_a_column, with_ties, (ROWS, 3)),
        ({}, labels, probabilities, (ROWS, 4, 3)),
    ],
    "SparseTopKCategoricalAccuracy": [
        ({"k": 2}, labels, probabilities, (ROWS, 6)),
        ({}, labels_in_a_column, probabilities, (ROWS, 7)),
        ({"k": 2}, labels, with_ties, (ROWS, 6)),
        ({"k": 3}, labels, probabilities, (ROWS, 2, 6)),
    ],
    "TopKCategoricalAccuracy": [
        ({"k": 2}, one_hot, probabilities, (ROWS, 6)),
        ({}, one_hot, probabilities, (ROWS, 7)),
        ({"k": 1}, one_hot, with_ties, (ROWS, 6)),
        ({"k": 9}, one_hot, probabilities, (ROWS, 6)),
    ],
}
FORMS = [pytest.param(name, *row, id=f"{name}-{number}") for name, rows in METRICS.items() for number, row in enumerate(rows)]


@pytest.mark.parametrize("weighted", ["plain", "by row", "no weight at all"])
@pytest.mark.parametrize(("name", "arguments", "targets", "outputs", "shape"), FORMS)
def test_results_after_each_update_are_those_of_keras(name, arguments, targets, outputs, shape, weighted):
    generator = np.random.default_rng(0)
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    assert ours.name == theirs.name
    for start, stop in ((0, 5), (5, 10), (10, ROWS), (2, 7)):
        generator = np.random.default_rng(start)
        arrays = [
            make(generator, shape)[start:stop] if shape else make(generator, shape) for make in (targets, outputs) if make
        ]
        rows = stop - start if shape else ()
        weights = {
            "plain": None,
            "by row": np.maximum(generator.uniform(-0.5, 2.0, rows), 0).astype("float32"),  # some weigh nothing
            "no weight at all": np.zeros(rows, "float32"),
        }[weighted]
        ours.update_state(*arrays, sample_weight=weights)
        theirs.update_state(*arrays, sample_weight=weights)
        assert_close(ours.result(), theirs.result())
    for metric in (ours, theirs):
        metric.reset_state()
    assert_close(ours.result(), theirs.result())


@pytest.mark.parametrize("shape", [(ROWS, 2, 3), (ROWS, 3)])
def test_one_weight_a_value_counts_as_in_keras(shape):
    generator = np.random.default_rng(0)
    values, weights = (generator.random(shape).astype("float32") for _ in range(2))
    ours, theirs = metrics.Mean(), keras.metrics.Mean()
    for rows in (slice(0, 5), slice(5, ROWS)):
        ours.update_state(values[rows], sample_weight=weights[rows])
        theirs.update_state(values[rows], sample_weight=weights[rows])
        assert_close(ours.result(), theirs.result())


@pytest.mark.parametrize("name", ["mse", "mae", "binary_accuracy", *ROOMS["metrics"]])
def test_names_mean_what_they_mean_in_keras(name):
    if name == "MeanMetricWrapper":  # not to be made without a function
        return
    mine, its = metrics.get(name), keras.metrics.get(name)
    assert mine.name == (its.name if isinstance(its, keras.metrics.Metric) else its.__name__)


def test_every_metric_is_in_the_table():
    assert set(METRICS) == set(ROOMS["metrics"])
