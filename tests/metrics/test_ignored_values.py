"""Rows that do not count, and predictions of NaN, in every metric."""

import numpy as np
import pytest

from minidl import metrics
from minidl.metrics import Mean, Sum
from tests.table.metrics import METRICS

NAN = np.nan
CASES = [pytest.param(form, id=f"{name}-{i}") for name, forms in METRICS.items() for i, form in enumerate(forms)]


def result_of(make, y_true, y_pred, weights):
    metric = make()[0]
    metric.update_state(*([y_pred] if y_true is None else [y_true, y_pred]), sample_weight=weights)
    return metric.result()


@pytest.mark.parametrize("make", CASES)
def test_a_row_of_weight_zero_never_counts(make):
    metric, targets, outputs = make()
    generator = np.random.default_rng(0)
    if isinstance(metric, (Mean, Sum)):
        y_true, y_pred = None, targets(generator, (6, 3))
    else:
        y_true, y_pred = targets(generator, (6, 3)), outputs(generator, (6, 3)).astype("float64")
    weights = np.array([1.0, 0.0, 2.0, 1.0, 0.5, 1.0])
    expected = result_of(make, y_true, y_pred, weights)
    for number in (NAN, np.inf, -np.inf):
        broken = y_pred.copy()
        broken[1] = number
        np.testing.assert_allclose(result_of(make, y_true, broken, weights), expected)
    if y_true is not None:
        unknown = y_true.astype("float64")
        unknown[1] = NAN
        np.testing.assert_allclose(result_of(make, unknown, y_pred, weights), expected)


ONE_HOT = np.eye(3)[[0, 1, 2, 0]]
BROKEN = np.array([[NAN, 0.2, 0.1], [0.1, 0.5, 0.2], [NAN, NAN, NAN], [0.6, 0.3, 0.1]])  # rows 1 and 3 are right


@pytest.mark.parametrize(
    "metric",
    [
        metrics.CategoricalAccuracy(),
        metrics.TopKCategoricalAccuracy(k=1),
        metrics.TopKCategoricalAccuracy(k=3),
        metrics.Recall(thresholds=0.4),
        metrics.Recall(top_k=1),
        metrics.Recall(top_k=3),
        metrics.Recall(thresholds=[0.4, 0.45]),
    ],
)
def test_a_prediction_of_nan_is_not_a_hit(metric):
    np.testing.assert_array_equal(metric(ONE_HOT, BROKEN), np.full_like(metric.result(), 0.5))
    sparse = type(metric).__name__.replace("Categorical", "SparseCategorical").replace("TopKSparse", "SparseTopK")
    if sparse != type(metric).__name__:
        arguments = {"k": metric.k} if hasattr(metric, "k") else {}
        assert getattr(metrics, sparse)(**arguments)(ONE_HOT.argmax(axis=-1), BROKEN) == 0.5


def test_a_network_that_outputs_nan_has_no_true_positives():
    nothing = np.full((4, 3), NAN)
    for name in ("Precision", "Recall", "TruePositives", "FalsePositives", "TopKCategoricalAccuracy", "CategoricalAccuracy"):
        assert getattr(metrics, name)()(ONE_HOT, nothing) == 0, name
    for name in ("PrecisionAtRecall", "SensitivityAtSpecificity", "RecallAtPrecision"):
        assert getattr(metrics, name)(0.5)(ONE_HOT, nothing) == 0, name
    assert metrics.BinaryAccuracy()(ONE_HOT, nothing) == 0
    assert metrics.FalseNegatives()(ONE_HOT, nothing) == 4
    assert metrics.TrueNegatives()(ONE_HOT, nothing) == 8
    for metric in (metrics.F1Score(), metrics.F1Score(threshold=0.5)):
        np.testing.assert_array_equal(metric(ONE_HOT, nothing), 0)
    for metric in (metrics.OneHotMeanIoU(3), metrics.OneHotIoU(3, [0])):
        assert metric(ONE_HOT, nothing) == 0
    assert metrics.MeanIoU(3)([0, 1, 2], [NAN] * 3) == 0
    assert metrics.BinaryIoU()([0, 1], [NAN, NAN]) == 0


def test_areas_rank_nan_below_every_number():
    y_true = np.array([1, 0, 1, 0])
    with np.errstate(all="raise"):
        assert metrics.AUC()(y_true, np.array([NAN, NAN, 0.9, 0.1])) == metrics.AUC()(y_true, np.array([0.0, 0.0, 0.9, 0.1]))


def test_a_prediction_of_nan_misses_its_class_in_the_intersection_over_union():
    metric = metrics.OneHotMeanIoU(2)
    scores = [[0.9, 0.1], [NAN, 0.9], [0.2, 0.8]]
    assert metric([[1, 0], [1, 0], [0, 1]], scores) == pytest.approx((1 / 2 + 1) / 2)
    metric.reset_state()
    assert metric([[1, 0]], [[0.9, 0.1]]) == pytest.approx(1.0)


def test_binary_accuracy_counts_nan_as_wrong_for_both_classes():
    np.testing.assert_array_equal(metrics.binary_accuracy([0, 1, 0, 1], [NAN, NAN, 0.1, 0.9]), [0, 0, 1, 1])


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_adjusted_coefficient_of_determination_counts_rows(outputs):
    generator = np.random.default_rng(0)
    y_true = generator.normal(size=(8, outputs))
    y_pred = y_true + 0.5 * generator.normal(size=(8, outputs))
    plain, adjusted = metrics.R2Score(), metrics.R2Score(num_regressors=2)
    for half in (slice(0, 5), slice(5, 8)):
        plain.update_state(y_true[half], y_pred[half])
        adjusted.update_state(y_true[half], y_pred[half])
    assert adjusted.result() == pytest.approx(1 - (1 - plain.result()) * 7 / 5)
    each = metrics.R2Score(None, num_regressors=2)(y_true, y_pred)
    np.testing.assert_allclose(each, 1 - (1 - metrics.R2Score(None)(y_true, y_pred)) * 7 / 5)
