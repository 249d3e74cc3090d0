import numpy as np
import pytest
import sklearn.metrics

from minidl import metrics
from minidl.metrics import resolve_accuracy

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 5, 40)
ONE_HOT = np.eye(5)[LABELS]
OUTPUTS = RANDOM.dirichlet(np.ones(5), 40).astype("float32")
WEIGHTS = RANDOM.random(40)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_categorical_accuracies_are_scikit_learns(weights):
    expected = sklearn.metrics.accuracy_score(LABELS, OUTPUTS.argmax(axis=1), sample_weight=weights)
    assert metrics.CategoricalAccuracy()(ONE_HOT, OUTPUTS, weights) == pytest.approx(expected)
    assert metrics.SparseCategoricalAccuracy()(LABELS, OUTPUTS, weights) == pytest.approx(expected)
    assert metrics.SparseCategoricalAccuracy()(LABELS[:, np.newaxis], OUTPUTS, weights) == pytest.approx(expected)
    assert metrics.Accuracy()(LABELS, OUTPUTS.argmax(axis=1), weights) == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 2, 4, 5, 9])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_top_k_accuracies_are_scikit_learns(k, weights):
    expected = 1.0
    if k < 5:
        expected = sklearn.metrics.top_k_accuracy_score(LABELS, OUTPUTS, k=k, sample_weight=weights)
    assert metrics.TopKCategoricalAccuracy(k)(ONE_HOT, OUTPUTS, weights) == pytest.approx(expected)
    assert metrics.SparseTopKCategoricalAccuracy(k)(LABELS, OUTPUTS, weights) == pytest.approx(expected)


def test_ties_count_as_correct():
    assert metrics.SparseTopKCategoricalAccuracy(k=1)([2], [[0.4, 0.2, 0.4]]) == 1.0


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_binary_accuracy_is_scikit_learns(threshold):
    y_true, y_pred = RANDOM.integers(0, 2, 40), RANDOM.random(40)
    expected = sklearn.metrics.accuracy_score(y_true, y_pred > threshold)
    metric = metrics.BinaryAccuracy(threshold=threshold)
    for target in (y_true, y_true[:, np.newaxis], y_true.astype("float32"), y_true.astype(bool)):
        metric.reset_state()
        assert metric(target, y_pred[:, np.newaxis]) == pytest.approx(expected)


def test_a_probability_equal_to_the_threshold_is_class_zero():
    assert metrics.BinaryAccuracy()([0], [0.5]) == 1.0


def test_accuracy_counts_each_step_of_a_sequence_and_steps_can_be_masked():
    labels, outputs = LABELS.reshape(4, 10), OUTPUTS.reshape(4, 10, 5)
    mask = RANDOM.integers(0, 2, (4, 10))
    hits = outputs.argmax(axis=-1) == labels
    assert metrics.SparseCategoricalAccuracy()(labels, outputs, mask) == pytest.approx(np.average(hits, weights=mask))
    assert metrics.SparseTopKCategoricalAccuracy(1)(labels, outputs) == pytest.approx(hits.mean())


def test_targets_never_broadcast():
    with pytest.raises(ValueError, match="sparse_categorical_accuracy expects one label for each output"):
        metrics.SparseCategoricalAccuracy()(LABELS[:1], OUTPUTS)
    with pytest.raises(ValueError, match="binary_accuracy expects as many targets"):
        metrics.BinaryAccuracy()(np.ones((1, 5)), OUTPUTS)
    with pytest.raises(ValueError, match="categorical_accuracy expects targets shaped like"):
        metrics.CategoricalAccuracy()(LABELS, OUTPUTS)


@pytest.mark.parametrize(
    ("target", "output", "kind"),
    [
        ((32,), (None, 1), metrics.BinaryAccuracy),
        ((32, 1), (None, 1), metrics.BinaryAccuracy),
        ((32,), (None, 10), metrics.SparseCategoricalAccuracy),
        ((32, 1), (None, 10), metrics.SparseCategoricalAccuracy),
        ((32, 7), (None, 7, 10), metrics.SparseCategoricalAccuracy),
        ((32, 10), (None, 10), metrics.CategoricalAccuracy),
    ],
)
def test_the_kind_of_accuracy_follows_from_the_shapes(target, output, kind):
    metric = resolve_accuracy("acc", target, output)
    assert type(metric) is kind
    assert metric.name == "acc"


def test_k_must_be_a_positive_integer():
    for kind in (metrics.TopKCategoricalAccuracy, metrics.SparseTopKCategoricalAccuracy):
        with pytest.raises(ValueError, match="expects k to be a positive integer, got 0"):
            kind(k=0)
