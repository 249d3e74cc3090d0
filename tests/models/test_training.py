"""The training step: one function for loss and gradients, chosen when the model is compiled, undone where the loss is NaN."""

import copy

import numpy as np
import pytest

import minidl
from minidl import Input, Model, Sequential, optimizers
from minidl.callbacks import TerminateOnNaN
from minidl.layers import BatchNormalization, Dense
from minidl.models import training
from minidl.models.full_batch_step import full_batch_step
from minidl.models.training import loss_and_gradients

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(20, 3)).astype("float32"), RANDOM.integers(0, 2, 20)


def classifier(**options):
    minidl.utils.set_random_seed(0)
    model = Sequential([Input((3,)), Dense(4, "relu", **options), BatchNormalization(), Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_the_training_step_the_gradients_and_the_trace_agree():
    model = classifier(kernel_regularizer="l2", activity_regularizer="l2")
    shown, log = model.gradients(X, Y), model.trace(X, Y)
    with model.preserved_state():
        result = loss_and_gradients(model.plan, X, Y)
    for path, variable in minidl.layers.traversal.weight_paths(model).items():
        if not variable.is_state:
            np.testing.assert_array_equal(variable.grad, shown[path], err_msg=path)
    np.testing.assert_allclose(log[-1].dy.sum(axis=0).shape, (2,))
    before = [weight.copy() for weight in model.get_weights()]
    logs = model.train_step((X, Y))
    assert logs["loss"] == pytest.approx(result.loss, rel=1e-6)
    assert result.loss > result.data_loss > 0
    kernel = model.layers[0].kernel
    np.testing.assert_allclose(kernel.value, before[0] - 0.01 * shown[f"{model.layers[0].name}/kernel"], rtol=1e-5, atol=1e-7)


def test_the_trace_shows_layers_in_a_nested_model_that_has_a_penalty_of_its_own():
    start = Input((3,))
    inner = Model(start, Dense(4, "relu", name="inner_dense")(start), activity_regularizer="l2")
    model = Sequential([inner, Dense(1, name="last")])
    model.compile("sgd", "mse")
    assert [entry.layer.name for entry in model.trace(X, X[:, :1])] == ["inner_dense", "last"]


@pytest.mark.parametrize("quiet", [False, True], ids=["error", "TerminateOnNaN"])
def test_after_a_loss_that_is_nan_weights_and_state_are_those_of_the_step_before(quiet):
    model = classifier()
    model.fit(X, Y, epochs=2, verbose=0)
    before = model.get_weights()
    wrong = X.copy()
    wrong[3] = 3e38
    with np.errstate(all="ignore"):
        if quiet:
            model.fit(wrong, Y, epochs=1, batch_size=20, verbose=0, callbacks=[TerminateOnNaN()])
        else:
            with pytest.raises(FloatingPointError, match="the first layer whose output is not finite is Dense"):
                model.fit(wrong, Y, epochs=1, batch_size=20, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_model_without_state_copies_nothing_in_a_step():
    model = Sequential([Input((3,)), Dense(2)])
    model.compile("sgd", "mse")
    assert model.plan.state.copies == []


def test_the_state_of_a_model_is_copied_as_one_vector():
    assert [len(copied) for copied in classifier().plan.state.copies] == [8]  # moving mean and variance of 4 units


@pytest.mark.parametrize(
    ("optimizer", "step"), [("adam", training.gradient_step), ("LBFGS", full_batch_step), (None, training.gradient_step)]
)
def test_compile_chooses_the_step_by_the_optimizer(optimizer, step):
    model = Sequential([Dense(1)])
    if optimizer is not None:
        model.compile(optimizer, "mse")
    assert model._step is step
    assert copy.deepcopy(model)._step is step


def test_another_optimizer_brings_the_step_that_it_needs():
    model = Sequential([Dense(1)])
    model.compile("adam", "mse")
    model.optimizer = optimizers.LBFGS()
    first = model.fit(X, X[:, :1], epochs=5, verbose=0).history["loss"]
    model.optimizer = optimizers.SGD(0.01)
    assert model._step is training.gradient_step
    assert model.fit(X, X[:, :1], verbose=0).history["loss"][0] < first[0]


def test_gradients_are_returned_also_if_the_loss_is_nan():
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    with np.errstate(all="ignore"):
        found = model.gradients(np.full((2, 1), 1e30), np.zeros((2, 1)))
    assert not all(np.isfinite(gradient).all() for gradient in found.values())
