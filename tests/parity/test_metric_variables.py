"""The variables of metrics compared with Keras's: their names, shapes and values, also after a reset."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

TARGETS, SCORES = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([[0.9, 0.2], [0.4, 0.7], [0.3, 0.6]])
PAIR = (TARGETS, SCORES)
MAKERS = {
    "Mean": (lambda m: m.Mean(), (SCORES,)),
    "Sum": (lambda m: m.Sum(), (SCORES,)),
    "MeanSquaredError": (lambda m: m.MeanSquaredError(), PAIR),
    "RootMeanSquaredError": (lambda m: m.RootMeanSquaredError(), PAIR),
    "BinaryAccuracy": (lambda m: m.BinaryAccuracy(), PAIR),
    "CategoricalCrossentropy": (lambda m: m.CategoricalCrossentropy(), PAIR),
    "TopKCategoricalAccuracy": (lambda m: m.TopKCategoricalAccuracy(1), PAIR),
    "CosineSimilarity": (lambda m: m.CosineSimilarity(), PAIR),
    "TruePositives": (lambda m: m.TruePositives(), PAIR),
    "FalseNegatives": (lambda m: m.FalseNegatives([0.3, 0.6]), PAIR),
    "Precision": (lambda m: m.Precision(), PAIR),
    "Recall": (lambda m: m.Recall(), PAIR),
    "AUC": (lambda m: m.AUC(num_thresholds=5), PAIR),
    "multi-label AUC": (lambda m: m.AUC(num_thresholds=5, multi_label=True), PAIR),
    "SensitivityAtSpecificity": (lambda m: m.SensitivityAtSpecificity(0.5, num_thresholds=4), PAIR),
    "F1Score": (lambda m: m.F1Score(), PAIR),
    "micro FBetaScore": (lambda m: m.FBetaScore("micro", 2.0, 0.5), PAIR),
    "R2Score": (lambda m: m.R2Score(), (TARGETS[:, :1], SCORES[:, :1])),
    "MeanIoU": (lambda m: m.MeanIoU(2), (np.array([0, 1, 1]), np.array([0, 0, 1]))),
    "BinaryIoU": (lambda m: m.BinaryIoU(), (TARGETS[:, 0], SCORES[:, 0])),
}


@pytest.mark.parametrize("name", MAKERS)
def test_variables_have_keras_s_names_shapes_and_values(name):
    make, batch = MAKERS[name]
    ours, theirs = both(lambda k: make(k.metrics))
    for step in range(3):
        assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
        for mine, its in zip(ours.variables, theirs.variables, strict=True):
            assert_close(mine.value, its)
        if step == 0:
            ours.update_state(*batch)
            theirs.update_state(*batch)
        if step == 1:
            assert_close(ours.result(), theirs.result())
            ours.reset_state()
            theirs.reset_state()


def test_metrics_and_variables_that_a_metric_holds_are_its_own():
    def run(k):
        class Both(k.metrics.Metric):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                self.inner = [k.metrics.Mean(), k.metrics.Sum()]
                self.steps = k.Variable(0.0)

            def update_state(self, y_true, y_pred, sample_weight=None):
                for metric in self.inner:
                    metric.update_state(y_pred)
                self.steps.assign_add(1.0)

            def result(self):
                return self.inner[0].result() + self.inner[1].result()

        metric = Both()
        metric.update_state(*PAIR)
        before = float(metric.result())
        metric.reset_state()
        return before, float(metric.result()), float(metric.steps.value), len(metric.variables)

    ours = run(minidl)
    assert ours[0] == pytest.approx(float(SCORES.mean() + SCORES.sum()))
    assert ours[1:] == (0.0, 0.0, 4)


@pytest.mark.parametrize("arguments", [{"beta": 1}, {"beta": "2"}, {"beta": 2.0, "threshold": 1}])
def test_f_scores_take_floats_only(arguments):
    for library in (minidl, keras):
        with pytest.raises(ValueError, match="float"):
            library.metrics.FBetaScore(**arguments)
