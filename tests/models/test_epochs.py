"""Evaluations inside callbacks, inside other evaluations and in other threads leave the epoch's means unchanged."""

import threading

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, metrics, optimizers
from minidl.callbacks import LambdaCallback

X = np.arange(10.0).reshape(-1, 1)
Y = 2 * X
MEANS = [float((X[:rows] ** 2).mean()) for rows in (3, 6, 9, 10)]  # the loss of a model that predicts x, for targets 2 x


def line(**settings):
    model = Sequential([Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(optimizers.SGD(0.0), "mse", **({"metrics": ["mae"]} | settings))
    return model


CALLS = {
    "evaluate": lambda model: model.evaluate(X[:1], Y[:1], verbose=0),
    "evaluate with weights": lambda model: model.evaluate(X[:2], Y[:2], sample_weight=np.ones(2), verbose=0),
    "test_on_batch": lambda model: model.test_on_batch(X[:1], Y[:1]),
    "train_on_batch": lambda model: model.train_on_batch(X[:1], Y[:1]),
    "predict": lambda model: model.predict(X[:1], verbose=0),
    "predict_on_batch": lambda model: model.predict_on_batch(X[:1]),
}


def in_thread(call):
    def run(model):
        thread = threading.Thread(target=call, args=(model,))
        thread.start()
        thread.join()

    return run


@pytest.mark.parametrize("call", [*CALLS.values(), in_thread(CALLS["evaluate"]), in_thread(CALLS["test_on_batch"])])
@pytest.mark.parametrize("hook", ["on_train_batch_begin", "on_train_batch_end", "on_test_batch_end", "on_epoch_begin"])
def test_calls_inside_callbacks_leave_the_logs_of_the_epoch_unchanged(call, hook):
    model, logged = line(), []
    inside = LambdaCallback(**{hook: lambda number, logs=None: call(model)})
    log = LambdaCallback(on_train_batch_end=lambda batch, logs: logged.append(logs["loss"]))
    fit = {"batch_size": 3, "shuffle": False, "verbose": 0, "validation_data": (X[:5], Y[:5]), "validation_batch_size": 2}
    history = model.fit(X, Y, callbacks=[log, inside], **fit).history
    np.testing.assert_allclose(logged, MEANS, rtol=1e-6)
    assert history["loss"] == pytest.approx([MEANS[-1]])
    assert history["mae"] == pytest.approx([4.5])
    assert history["val_loss"] == pytest.approx([(X[:5] ** 2).mean()])
    assert history["val_mae"] == pytest.approx([2.0])


def test_the_inner_evaluation_has_its_own_result():
    model, found = line(), []
    judge = LambdaCallback(on_train_batch_end=lambda batch, logs: found.append(model.evaluate(X[4:6], Y[4:6], verbose=0)))
    model.fit(X, Y, batch_size=5, verbose=0, callbacks=[judge])
    assert found == [pytest.approx([20.5, 4.5])] * 2


def test_an_evaluation_inside_another_leaves_it_unchanged():
    model = line()
    inside = LambdaCallback(on_test_batch_end=lambda batch, logs: model.evaluate(X[:1], Y[:1], verbose=0))
    assert model.evaluate(X, Y, batch_size=3, verbose=0, callbacks=[inside]) == pytest.approx([28.5, 4.5])


def test_metric_objects_of_the_user_hold_the_epoch_s_values_and_afterwards_those_of_evaluate():
    mean = metrics.MeanAbsoluteError(name="mine")
    model = line(metrics=[mean])
    inside = LambdaCallback(on_train_batch_end=lambda batch, logs: model.evaluate(X[:1], Y[:1], verbose=0))
    model.fit(X, Y, batch_size=3, verbose=0, callbacks=[inside])
    assert mean.result() == pytest.approx(4.5)
    model.evaluate(X[:3], Y[:3], verbose=0)
    assert mean.result() == pytest.approx(1.0)
    assert model.get_metrics_result()["mine"] == pytest.approx(1.0)


class OwnSteps(Model):
    """A model with metrics as attributes, as in Keras's guides."""

    def __init__(self):
        super().__init__()
        self.scale = layers.Dense(1, kernel_initializer="ones")
        self.mean, self.several = metrics.Mean(name="loss"), [metrics.Mean(name="also")]

    def call(self, x):
        return self.scale(x)

    @property
    def metrics(self):
        return [self.mean, *self.several]

    def _judge(self, data):
        x, y = data[:2]
        for metric in self.metrics:
            metric.update_state(np.square(np.asarray(self(x)) - y), None)
        return {metric.name: metric.result() for metric in self.metrics}

    def train_step(self, data):
        return self._judge(data)

    def test_step(self, data):
        return self._judge(data)

    def reset_metrics(self):
        for metric in self.metrics:
            metric.reset_state()


def test_metrics_that_are_attributes_of_a_model_are_independent_too():
    model = OwnSteps()
    model.compile(optimizers.SGD(0.0), "mse")
    found = []
    inside = LambdaCallback(on_train_batch_end=lambda batch, logs: found.append(model.evaluate(X[:1], Y[:1], verbose=0)))
    history = model.fit(X, Y, batch_size=3, shuffle=False, verbose=0, callbacks=[inside]).history
    assert history == {"loss": [pytest.approx(28.5)], "also": [pytest.approx(28.5)]}
    assert found == [[0.0, 0.0]] * 4


def test_evaluations_in_another_thread_during_fit_do_not_mix_with_it():
    model, stop, found = line(), threading.Event(), []

    def judge():
        while not (found and stop.is_set()):
            found.append(model.evaluate(X[:2], Y[:2], batch_size=1, verbose=0))

    thread = threading.Thread(target=judge)
    start = LambdaCallback(on_train_begin=lambda logs: thread.start())
    try:
        history = model.fit(X, Y, batch_size=1, epochs=30, shuffle=False, verbose=0, callbacks=[start]).history
    finally:
        stop.set()
        thread.join()
    np.testing.assert_allclose(history["loss"], MEANS[-1], rtol=1e-6)
    np.testing.assert_allclose(history["mae"], 4.5, rtol=1e-6)
    assert found
    np.testing.assert_allclose(found, [[0.5, 0.5]] * len(found), rtol=1e-6)


def test_validation_data_takes_precedence_over_validation_split():
    for split in (0.1, 0.5, 0.9):
        history = line().fit(X, Y, verbose=0, validation_split=split, validation_data=(X[:2], Y[:2])).history
        assert history["loss"] == pytest.approx([28.5])
        assert history["val_loss"] == pytest.approx([0.5])
    batches = [(X[:5], Y[:5]), (X[5:], Y[5:])]
    history = line().fit(batches, verbose=0, validation_split=0.5, validation_data=(X[:2], Y[:2])).history
    assert history["val_loss"] == pytest.approx([0.5])
