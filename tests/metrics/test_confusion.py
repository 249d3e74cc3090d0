"""Metrics that count by thresholds, compared with scikit-learn and a count by hand."""

import numpy as np
import pytest
import sklearn.metrics

from minidl import metrics

RANDOM = np.random.default_rng(0)
Y_TRUE = RANDOM.integers(0, 2, 300)
Y_PRED = np.clip(0.3 * Y_TRUE + RANDOM.random(300) * 0.7, 0, 1).astype("float32")
WEIGHTS = RANDOM.random(300)


def by_hand(threshold, weights):
    above = np.float32(threshold) < Y_PRED
    true = Y_TRUE == 1
    count = [weights[where].sum() for where in (above & true, above & ~true, ~above & ~true, ~above & true)]
    return dict(zip(("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"), count))


@pytest.mark.parametrize("thresholds", [[0.5], [0.9, 0.1, 0.3], [0.0, 0.25, 0.5, 0.75, 1.0]])
@pytest.mark.parametrize("name", ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"])
def test_counts_equal_those_of_a_loop_in_the_order_of_the_thresholds(name, thresholds):
    found = getattr(metrics, name)(thresholds)(Y_TRUE, Y_PRED, WEIGHTS)
    np.testing.assert_allclose(np.ravel(found), [by_hand(threshold, WEIGHTS)[name] for threshold in thresholds])


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_precision_and_recall_are_scikit_learns(weights):
    for kind, oracle in ((metrics.Precision, sklearn.metrics.precision_score), (metrics.Recall, sklearn.metrics.recall_score)):
        assert kind()(Y_TRUE, Y_PRED, weights) == pytest.approx(oracle(Y_TRUE, Y_PRED > 0.5, sample_weight=weights))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_areas_approximate_the_exact_ones_of_scikit_learn(weights):
    exact = sklearn.metrics.roc_auc_score(Y_TRUE, Y_PRED, sample_weight=weights)
    assert metrics.AUC(2000)(Y_TRUE, Y_PRED, weights) == pytest.approx(exact, abs=1e-3)
    exact = sklearn.metrics.average_precision_score(Y_TRUE, Y_PRED, sample_weight=weights)
    assert metrics.AUC(2000, "PR")(Y_TRUE, Y_PRED, weights) == pytest.approx(exact, abs=5e-3)


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_f_scores_are_scikit_learns(average, beta):
    y_true, y_pred, weights = RANDOM.integers(0, 2, (50, 4)), RANDOM.random((50, 4)), RANDOM.random(50)
    expected = sklearn.metrics.fbeta_score(y_true, y_pred > 0.4, beta=beta, average=average, sample_weight=weights)
    found = metrics.FBetaScore(average, beta, threshold=0.4)(y_true, y_pred, weights)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_mean_iou_is_scikit_learns_jaccard():
    y_true, y_pred = RANDOM.integers(0, 4, 60), RANDOM.integers(0, 4, 60)
    expected = sklearn.metrics.jaccard_score(y_true, y_pred, average=None)
    assert metrics.MeanIoU(4)(y_true, y_pred) == pytest.approx(expected.mean(), rel=1e-5)
    assert metrics.IoU(4, [2])(y_true.reshape(6, 10), y_pred.reshape(6, 10)) == pytest.approx(expected[2], rel=1e-5)


def test_r2_is_scikit_learns():
    y_true, y_pred, weights = RANDOM.normal(size=(30, 2)), RANDOM.normal(size=(30, 2)), RANDOM.random(30)
    for aggregation, oracle in (("uniform_average", "uniform_average"), ("variance_weighted_average", "variance_weighted")):
        expected = sklearn.metrics.r2_score(y_true, y_pred, sample_weight=weights, multioutput=oracle)
        if aggregation == "variance_weighted_average":
            weights = None  # Keras's weights of the outputs are their weighted sums of squares, as here
            expected = sklearn.metrics.r2_score(y_true, y_pred, multioutput=oracle)
        assert metrics.R2Score(aggregation)(y_true, y_pred, weights) == pytest.approx(expected)


def test_a_prediction_equal_to_a_threshold_counts_as_below_it():
    assert metrics.TruePositives()([1], [0.5]) == 0
    np.testing.assert_array_equal(metrics.TruePositives([0.0, 0.5, 1.0])([1, 1], [0.0, 1.0]), [1, 1, 0])


def test_only_the_largest_k_of_a_row_can_be_positive():
    y_true, y_pred = [[0, 1, 1, 0]], [[0.1, 0.2, 0.9, 0.8]]
    assert metrics.Precision(top_k=2)(y_true, y_pred) == 0.5
    assert metrics.Recall(top_k=3)(y_true, y_pred) == 1.0
    assert metrics.Precision(top_k=2, thresholds=0.85)(y_true, y_pred) == 1.0


def test_masked_steps_and_weights_per_row_have_the_same_effect():
    y_true, y_pred, rows = Y_TRUE.reshape(30, 10), Y_PRED.reshape(30, 10), RANDOM.integers(0, 2, 30)
    expected = metrics.AUC()(y_true[rows == 1], y_pred[rows == 1])
    assert metrics.AUC()(y_true, y_pred, rows) == pytest.approx(expected)
    assert metrics.AUC()(y_true, y_pred, np.repeat(rows, 10).reshape(30, 10)) == pytest.approx(expected)


def test_impossible_arguments_raise_an_error():
    refused = [
        (lambda: metrics.Precision(thresholds=1.5), "Precision expects thresholds in \\[0, 1\\], got 1.5"),
        (lambda: metrics.Recall(top_k=0), "Recall expects top_k to be a positive integer"),
        (lambda: metrics.AUC(curve="ROCK"), "AUC expects curve to be one of"),
        (lambda: metrics.AUC(num_thresholds=1), "AUC expects num_thresholds to be at least 2, and thresholds"),
        (lambda: metrics.AUC(num_labels=2), "num_labels only with multi_label=True"),
        (lambda: metrics.PrecisionAtRecall(1.5), "PrecisionAtRecall expects recall to be a number in"),
        (lambda: metrics.F1Score("mean"), "F1Score expects average to be one of"),
        (lambda: metrics.FBetaScore(beta=0.0), "FBetaScore expects beta and threshold above 0"),
        (lambda: metrics.IoU(3, [3]), "IoU expects class ids in 0 ... 2, got \\[3\\]"),
        (lambda: metrics.R2Score("mean"), "R2Score expects class_aggregation to be one of"),
        (lambda: metrics.R2Score(num_regressors=-1), "num_regressors of at least 0"),
        (
            lambda: metrics.Precision(class_id=3)(np.ones((2, 3)), np.ones((2, 3))),
            "with class 3",
        ),
        (
            lambda: metrics.F1Score()(np.ones(3), np.ones(3)),
            "f1_score expects predictions",
        ),
        (lambda: metrics.R2Score()(np.ones(3), np.ones(3)), "r2_score expects predictions \\(batch, outputs\\)"),
        (lambda: metrics.MeanIoU(2)([0, 1], [0, 1, 1]), "as many labels as predictions"),
        (
            lambda: metrics.AUC(multi_label=True)([0, 1], [0.1, 0.2]),
            "auc expects predictions",
        ),
        (lambda: metrics.Precision()(np.ones((1, 3)), np.ones((2, 3))), "as many targets as outputs"),
    ]
    for call, message in refused:
        with pytest.raises(ValueError, match=message):
            call()
