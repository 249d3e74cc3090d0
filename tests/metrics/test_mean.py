import copy
import json
import pickle

import numpy as np
import pytest

import minidl
from minidl import metrics
from minidl.config.custom_objects import register_keras_serializable
from minidl.config.registry import deserialize, serialize
from minidl.metrics import Mean, MeanMetricWrapper

ALL = [
    metrics.Accuracy("hits"),
    metrics.BinaryAccuracy(threshold=0.7),
    metrics.CategoricalAccuracy(),
    metrics.SparseCategoricalAccuracy(),
    metrics.TopKCategoricalAccuracy(k=2),
    metrics.SparseTopKCategoricalAccuracy(k=3, name="top3"),
    metrics.MeanSquaredError(),
    metrics.MeanAbsoluteError("error"),
    Mean(),
]


@register_keras_serializable(package="tests")
def largest_error(y_true, y_pred, power=1):
    return (np.abs(y_pred - y_true) ** power).max(axis=-1)


def test_a_mean_over_batches_is_the_mean_of_all():
    values = np.random.default_rng(0).normal(size=(10, 3))
    mean = Mean()
    for batch in (values[:4], values[4:8], values[8:]):
        mean.update_state(batch)
    assert mean.result() == pytest.approx(values.mean())
    mean.reset_state()
    assert mean.result() == 0.0


def test_weights_may_be_given_per_row_per_value_or_as_a_column():
    random = np.random.default_rng(0)
    values, rows, each = random.normal(size=(4, 3)), random.random(4), random.random((4, 3))
    expected = np.average(values.mean(axis=1), weights=rows)
    assert Mean()(values, rows) == pytest.approx(expected)
    assert Mean()(values, rows[:, np.newaxis]) == pytest.approx(expected)
    assert Mean()(values, each) == pytest.approx(np.average(values, weights=each))


def test_a_single_number_counts_with_its_weight():
    mean = Mean()
    mean.update_state(1.0, sample_weight=32)
    mean.update_state(np.float32(4.0), sample_weight=16)
    assert mean.result() == pytest.approx(2.0)


def test_no_values_and_weights_of_zero_give_zero():
    assert Mean()(np.zeros(0)) == 0.0
    assert Mean()(np.zeros((0, 3)), np.zeros(0)) == 0.0
    assert Mean()([1.0, 2.0], [0.0, 0.0]) == 0.0


def test_sums_are_kept_in_float64():
    mean = Mean()
    for _ in range(10):
        mean.update_state(np.full(10_000, 0.1, np.float32))
    assert mean.result() == pytest.approx(float(np.float32(0.1)), rel=1e-14)


def test_weights_that_do_not_fit_raise_an_error_and_change_nothing():
    mean = Mean()
    with pytest.raises(ValueError, match="sample weights of shape \\(3,\\) do not fit values of shape \\(4,\\)"):
        mean.update_state(np.ones(4), np.ones(3))
    assert (mean.total, mean.count) == (0.0, 0.0)


def test_a_function_becomes_a_metric_under_its_own_name():
    assert metrics.get(largest_error) is largest_error
    metric = metrics.as_metric(largest_error)
    assert metric.name == "largest_error"
    assert metric([[0.0, 0.0], [0.0, 0.0]], [[1.0, -3.0], [1.0, 0.0]]) == 2.0
    assert metrics.as_metric(lambda y_true, y_pred: y_pred).name == "<lambda>"
    with pytest.raises(TypeError, match="expects a function"):
        MeanMetricWrapper("mse")


def test_a_function_sees_targets_of_the_outputs_rank():
    shapes = []
    metric = MeanMetricWrapper(lambda y_true, y_pred: shapes.append(y_true.shape) or np.zeros(4))
    for target, output in (((4,), (4, 1)), ((4, 1), (4,)), ((4,), (4, 3)), ((4, 1), (4, 3))):
        metric.update_state(np.zeros(target), np.zeros(output))
    assert shapes == [(4, 1), (4,), (4,), (4, 1)]


def test_a_wrapped_function_survives_json_and_pickle_with_its_options():
    metric = MeanMetricWrapper(largest_error, name="largest", power=2)
    written = json.loads(json.dumps(metrics.serialize(metric)))
    for again in (metrics.deserialize(written), copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert again.name == "largest"
        assert again([[0.0, 0.0]], [[1.0, -3.0]]) == 9.0


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: type(metric).__name__)
def test_a_metric_survives_json_pickle_and_deepcopy(metric):
    again = metrics.deserialize(json.loads(json.dumps(metrics.serialize(metric))))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert other.get_config() == metric.get_config()
        assert other.result() == metric.result()


def test_a_copy_of_a_metric_accumulates_independently():
    metric = metrics.Accuracy()
    metric.update_state([1, 2], [1, 3])
    other = copy.deepcopy(metric)
    other.update_state([1, 2], [1, 2])
    assert (metric.result(), other.result()) == (0.5, 0.75)


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("mse", metrics.MeanSquaredError),
        ("MAE", metrics.MeanAbsoluteError),
        ("mean_absolute_error", metrics.MeanAbsoluteError),
        ("top_k_categorical_accuracy", metrics.TopKCategoricalAccuracy),
        ("accuracy", metrics.Accuracy),
        (metrics.BinaryAccuracy, metrics.BinaryAccuracy),
        (metrics.Mean(), metrics.Mean),
    ],
)
def test_a_metric_is_found_by_name_class_or_object(identifier, kind):
    assert type(metrics.get(identifier)) is kind


def test_anything_but_a_metric_raises_an_error():
    assert metrics.get(None) is None
    with pytest.raises(ValueError, match="did you mean 'binary_accuracy'"):
        metrics.get("binary_acuracy")
    with pytest.raises(ValueError, match="a metric is a name"):
        metrics.get(3)


def test_every_metric_but_the_mean_has_a_direction():
    for metric in ALL[:-1]:
        assert metric.direction == ("down" if "Error" in type(metric).__name__ else "up")


def test_a_metric_without_its_methods_says_so():
    class Empty(metrics.MeanMetric):
        pass

    with pytest.raises(TypeError, match="Empty defines no values"):
        Empty()([1], [1])
    for call in ("update_state", "result", "reset_state"):
        with pytest.raises(TypeError, match=f"defines no {call}"):
            getattr(metrics.Metric(), call)()


@pytest.mark.parametrize("function", [minidl.losses.mean_squared_error, metrics.binary_accuracy, metrics.pearson_correlation])
def test_a_function_of_losses_or_metrics_in_a_config_is_found_again(function):
    written = json.loads(json.dumps(serialize(MeanMetricWrapper(function))))
    assert deserialize(written).fn is function
