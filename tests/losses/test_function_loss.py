"""Losses without a gradient of their own: plain functions, and classes that define `call`."""

import numpy as np
import pytest

import minidl
from minidl import Sequential, losses, ops
from minidl.layers import Dense
from minidl.metrics import MeanMetricWrapper
from minidl.testing import check_loss

RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(40, 4)), RANDOM.normal(size=(40, 1))


@minidl.saving.register_keras_serializable("tests")
def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


class Squared(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean((y_true - y_pred) ** 2, axis=-1)


@pytest.mark.parametrize("make", [lambda: losses.FunctionLoss(squared), Squared])
def test_all_checks_of_a_loss_pass(make):
    check_loss(make(), RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(4, 3)))


@pytest.mark.parametrize("loss", [squared, Squared(), lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred))])
def test_it_trains_like_the_loss_with_a_gradient_of_its_own(loss):
    histories = []
    for one in ("mse", loss):
        minidl.utils.set_random_seed(0)
        model = Sequential([Dense(3, "tanh"), Dense(1)])
        model.compile("adam", one)
        histories.append(model.fit(X, T[:, 0], epochs=3, verbose=0).history["loss"])
    np.testing.assert_allclose(*histories, rtol=1e-5)


def test_a_registered_function_is_saved_with_the_model(tmp_path):
    model = Sequential([Dense(1)])
    model.compile("sgd", squared)
    model.fit(X, T, verbose=0)
    model.save(tmp_path / "m.safetensors")
    again = minidl.load_model(tmp_path / "m.safetensors")
    assert again.evaluate(X, T, verbose=0) == model.evaluate(X, T, verbose=0)


def test_a_loss_runs_at_every_step_so_that_its_weight_may_be_annealed():
    weight = [1.0]
    model = Sequential([Dense(1, kernel_initializer="zeros")])
    model.compile(minidl.optimizers.SGD(0.0), lambda y_true, y_pred: weight[0] * np.mean(np.abs(y_true - y_pred), axis=-1))
    first = model.train_on_batch(X, T)
    weight[0] = 3.0
    np.testing.assert_allclose(model.train_on_batch(X, T), 3 * first, rtol=1e-6)


def test_a_built_in_loss_inside_another_propagates_the_gradient():
    def combined(y_true, y_pred):
        return losses.mean_squared_error(y_true, y_pred) + 0.5 * losses.MeanAbsoluteError(reduction="none")(y_true, y_pred)

    check_loss(losses.FunctionLoss(combined), RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(4, 3)))


def test_a_function_without_a_gradient_is_named():
    model = Sequential([Dense(1)])
    model.compile("sgd", lambda y_true, y_pred: np.unwrap(y_true - y_pred))
    with pytest.raises(TypeError, match=r'numpy\.unwrap has no known gradient, so the loss ".*" cannot be trained through it'):
        model.fit(X, T, verbose=0)


def test_anything_but_a_function_of_two_tensors_raises_an_error():
    with pytest.raises(TypeError, match=r"function of \(y_true, y_pred\)"):
        losses.FunctionLoss(lambda y: y)
    with pytest.raises(ValueError, match="a loss is a name, a function"):
        losses.get(lambda y: y)


@pytest.mark.parametrize("wrong", [None, "x"])
def test_a_loss_activation_or_metric_that_returns_no_numbers_is_named(wrong):
    def own(*tensors):
        return wrong

    model = Sequential([Dense(1)])
    model.compile("sgd", own)
    with pytest.raises(TypeError, match=f'the loss "own" returned {wrong!r}; return a tensor'):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    if wrong is None:
        with pytest.raises(TypeError, match="the activation own returned None; return an array of the shape of x"):
            Dense(2, activation=own)(np.ones((4, 2)))
        with pytest.raises(TypeError, match='the metric "own" returned None; return one value for each row'):
            MeanMetricWrapper(own)(np.ones((4, 1)), np.ones((4, 1)))
