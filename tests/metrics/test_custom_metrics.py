"""A user's own metric, in the words of Keras, and what a model makes of metrics that give more than one number."""

import copy
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential, metrics, ops
from minidl.layers import Dense

RANDOM = np.random.default_rng(0)
X, LABELS = RANDOM.normal(size=(40, 4)), RANDOM.integers(3, size=40)
ONE_HOT = np.eye(3)[LABELS]


@minidl.saving.register_keras_serializable("tests")
class Bias(metrics.Metric):
    """The mean error, as a Keras user writes it."""

    def __init__(self, name="bias", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer="zeros", name="total")
        self.count = self.add_weight(shape=(), initializer="zeros", name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = ops.mean(y_pred - y_true, axis=-1)
        weight = np.ones(len(y_pred)) if sample_weight is None else sample_weight
        self.total.assign_add(ops.sum(error * weight))
        self.count.assign(self.count + ops.sum(weight))

    def result(self):
        return self.total / self.count


class Extremes(metrics.Metric):
    """Two numbers under names of their own."""

    def __init__(self):
        super().__init__()
        self.reset_state()

    def reset_state(self):
        self.low, self.high = np.inf, -np.inf

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.low, self.high = min(self.low, y_pred.min()), max(self.high, y_pred.max())

    def result(self):
        return {"low": self.low, "high": self.high}


def test_a_metric_with_variables_accumulates_and_can_be_reset():
    bias = Bias()
    bias.update_state(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    bias.update_state(np.zeros((1, 1)), np.array([[6.0]]))
    assert float(bias.result()) == 3.0
    assert [variable.name for variable in bias.variables] == ["total", "count"]
    for other in (copy.deepcopy(bias), pickle.loads(pickle.dumps(bias))):
        assert float(other.result()) == 3.0
        other.update_state(np.zeros((1, 1)), np.array([[7.0]]))
        assert float(other.result()) == 4.0
    bias.reset_state()
    assert float(bias(np.zeros((1, 1)), np.array([[5.0]]), sample_weight=np.array([2.0]))) == 5.0


def test_a_users_metric_is_logged_as_a_number_and_saved_with_its_model(tmp_path):
    model = Sequential([Dense(3)])
    model.compile("sgd", "mse", metrics=[Bias()], weighted_metrics=[Bias("weighted")])
    weights = RANDOM.random(40)
    history = model.fit(X, ONE_HOT, sample_weight=weights, epochs=2, batch_size=16, verbose=0).history
    assert all(isinstance(value, float) for key in ("bias", "weighted") for value in history[key])
    error = (model.predict(X) - ONE_HOT).mean(axis=-1)
    found = model.evaluate(X, ONE_HOT, sample_weight=weights, verbose=0, return_dict=True)
    assert found["bias"] == pytest.approx(error.mean(), rel=1e-5)
    assert found["weighted"] == pytest.approx(np.average(error, weights=weights), rel=1e-5)
    model.save(tmp_path / "m.safetensors")
    again = minidl.load_model(tmp_path / "m.safetensors")
    assert again.evaluate(X, ONE_HOT, sample_weight=weights, verbose=0, return_dict=True) == found


def test_a_metric_may_return_several_numbers_by_name():
    model = Sequential([Dense(3)])
    model.compile("sgd", "mse", metrics=[Extremes()])
    logs = model.fit(X, ONE_HOT, verbose=0).history
    assert {"low", "high", "loss"} == set(logs)
    assert logs["low"][0] < logs["high"][0]


def test_an_array_of_scores_goes_through_history_progress_and_evaluation(capsys):
    model = Sequential([Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[metrics.F1Score(), metrics.Precision([0.2, 0.4])])
    history = model.fit(X, ONE_HOT, epochs=2, validation_split=0.25, verbose=2)
    assert [scores.shape for scores in history.history["val_f1_score"]] == [(3,), (3,)]
    first, last = (f"[{', '.join(f'{value:.4f}' for value in scores)}]" for scores in history.history["f1_score"])
    assert f"f1_score: {first} - " in capsys.readouterr().out
    assert f"f1_score: {first} -> {last}" in repr(history)
    _, f1, precision = model.evaluate(X, ONE_HOT, verbose=0)
    assert f1.shape == (3,)
    assert precision.shape == (2,)
    assert not np.shares_memory(history.history["f1_score"][0], history.history["f1_score"][1])


def test_a_function_that_needs_several_rows_is_not_tried_on_one():
    def spread_of_errors(y_true, y_pred):
        if len(y_true) < 2:
            raise ValueError("at least 2 rows")
        return np.std(y_true - y_pred)

    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse", metrics=[spread_of_errors])
    history = model.fit(np.ones((8, 2)), np.arange(8.0), verbose=0).history
    assert history["spread_of_errors"][0] > 0


def test_a_custom_metric_sees_targets_of_the_rank_of_the_outputs():
    seen = []

    class Hits(metrics.Metric):
        """As in Keras's guide; targets (rows,) and outputs (rows, 1) would broadcast to (rows, rows)."""

        def __init__(self):
            super().__init__(name="hits")
            self.hits = self.add_weight((), "zeros", name="hits")

        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append((y_true.shape, y_pred.shape))
            self.hits.assign_add(ops.sum(ops.cast(ops.equal(y_true, ops.round(y_pred)), "float32")))

        def result(self):
            return self.hits

    class Mine(metrics.BinaryAccuracy):
        def update_state(self, y_true, y_pred, sample_weight=None):
            seen.append((y_true.shape, y_pred.shape))

    model = Sequential([Input((4,)), Dense(1, activation="sigmoid", kernel_initializer="zeros", bias_initializer="ones")])
    model.compile("sgd", "binary_crossentropy", metrics=[Hits()], weighted_metrics=[Mine()])
    assert model.evaluate(X, np.ones(40), verbose=0, return_dict=True)["hits"] == 40
    model.train_on_batch(X, np.ones(40))
    assert set(seen) == {((40, 1), (40, 1))}
    seen.clear()
    three = Sequential([Input((4,)), Dense(3, activation="softmax")])
    three.compile("sgd", "sparse_categorical_crossentropy", metrics=[Mine()])
    three.evaluate(X, LABELS, verbose=0)
    assert set(seen) == {((40,), (40, 3))}  # class labels stay as they are


def test_sparse_metrics_accept_whole_numbers_of_a_float_type():
    scores = RANDOM.uniform(size=(40, 3))
    for metric in (
        metrics.SparseCategoricalAccuracy(),
        metrics.SparseTopKCategoricalAccuracy(k=2),
        metrics.SparseCategoricalCrossentropy(),
        metrics.MeanIoU(3, sparse_y_pred=False),
        metrics.IoU(3, [0, 2], sparse_y_pred=False),
    ):
        expected = metric(LABELS, scores)
        metric.reset_state()
        assert metric(LABELS.astype("float32"), scores) == expected, metric
