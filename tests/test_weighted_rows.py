"""A row of weight 2 counts like the same row twice, in every loss, metric and in training."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, losses, optimizers
from tests.table.losses import LOSSES
from tests.table.metrics import METRICS

WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0, 0.0])
FORMS = [pytest.param(form, id=f"{name}-{number}") for name, forms in LOSSES.items() for number, form in enumerate(forms)]


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("form", FORMS)
def test_a_loss_counts_a_row_of_weight_two_twice(form, reduction):
    loss, y_true, y_pred = form()
    if getattr(loss, "mixes_batch", False):  # the value of a row depends on the others, and a copy would be one of them
        return
    loss, y_true, y_pred = loss.with_arguments(reduction=reduction), np.asarray(y_true), np.asarray(y_pred)
    times = WEIGHTS[: len(y_pred)].astype(int)
    rows = np.repeat(np.arange(len(y_pred)), times)
    value, gradient = loss.value_and_grad(y_true, y_pred, times.astype("float64"))
    repeated, of_rows = loss.value_and_grad(y_true[rows], y_pred[rows])
    np.testing.assert_allclose(value, repeated, rtol=1e-6)
    np.testing.assert_allclose(loss(y_true, y_pred, times.astype("float64")), value, rtol=1e-6)
    summed = np.zeros_like(gradient)
    np.add.at(summed, rows, of_rows)
    np.testing.assert_allclose(gradient, summed, rtol=1e-5, atol=1e-9)


METRIC_FORMS = [
    pytest.param(form, id=f"{name}-{number}") for name, forms in METRICS.items() for number, form in enumerate(forms)
]


@pytest.mark.parametrize("form", METRIC_FORMS)
def test_a_metric_counts_a_row_of_weight_two_twice(form):
    metric, targets, outputs = form()
    generator = np.random.default_rng(3)
    given = [make(generator, (5, 3)) for make in (targets, outputs) if make is not None]
    metric.update_state(*given, sample_weight=WEIGHTS)
    weighted = metric.result()
    metric.reset_state()
    metric.update_state(*(array[np.repeat(np.arange(5), WEIGHTS.astype(int))] for array in given))
    np.testing.assert_allclose(weighted, metric.result(), rtol=1e-5)


@pytest.mark.parametrize("loss", ["MeanSquaredError", "MeanAbsoluteError", "BinaryCrossentropy", "Huber", "Poisson"])
def test_training_and_evaluation_count_a_row_of_weight_two_twice(loss):
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    rows = np.repeat(np.arange(5), WEIGHTS.astype(int))

    def trained(x, y, weights):
        model = Sequential([Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1, "sigmoid")])
        model.set_weights([np.linspace(-1, 1, weight.size).reshape(weight.shape) for weight in model.get_weights()])
        model.compile(optimizers.SGD(0.01), getattr(losses, loss)(reduction="sum"), weighted_metrics=["mae"])
        model.fit(x, y, sample_weight=weights, epochs=3, batch_size=20, shuffle=False, verbose=0)
        return model.get_weights(), model.evaluate(x, y, sample_weight=weights, batch_size=20, verbose=0)

    weights, scores = trained(x, y, WEIGHTS)
    repeated, others = trained(x[rows], y[rows], None)
    for one, other in zip(weights, repeated, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scores[1], others[1], rtol=1e-5)
