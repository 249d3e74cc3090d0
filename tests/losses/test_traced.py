"""Losses written with `minidl.ops`: functions and classes without a gradient of their own."""

import numpy as np
import pytest

import minidl
from minidl import Sequential, losses, ops
from minidl.layers import Dense
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
def test_a_traced_loss_keeps_every_promise(make):
    check_loss(make(), RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(4, 3)))


@pytest.mark.parametrize("loss", [squared, Squared(), lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred))])
def test_a_traced_loss_trains_like_the_one_with_a_gradient_of_its_own(loss):
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


def test_a_function_that_computes_with_numpy_is_refused_with_its_line():
    model = Sequential([Dense(1)])
    model.compile("sgd", lambda y_true, y_pred: np.abs(y_true - y_pred))
    with pytest.raises(TypeError, match="numpy.absolute cannot compute") as caught:
        model.fit(X, T, verbose=0)
    assert "np.abs(y_true - y_pred)" in caught.value.__notes__[0]


def test_what_is_no_function_of_two_tensors_is_refused():
    with pytest.raises(TypeError, match=r"function of \(y_true, y_pred\)"):
        losses.FunctionLoss(lambda y: y)
    with pytest.raises(TypeError, match="a loss is a name, a function"):
        losses.get(lambda y: y)
