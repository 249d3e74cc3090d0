"""Optimizers do what their formulas say, clip as they are told, and remember what they must."""

import copy

import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.optimizers import SGD, Adam, Optimizer
from minidl.variable import allocate


def variables(dtype="float64"):
    made = [Variable(np.linspace(-1, 1, 6).reshape(2, 3), dtype=dtype, name="a"), Variable([0.5, -2.0], dtype=dtype, name="b")]
    allocate(made)
    return made


def gradients(step):
    random = np.random.default_rng(step)
    return [random.normal(size=(2, 3)), random.normal(size=2)]


def slow_sgd(w, g, state, rate, momentum=0.0, nesterov=False):
    state["m"] = momentum * state.get("m", 0.0) - rate * g
    return w + (momentum * state["m"] - rate * g if nesterov else state["m"])


def slow_adam(w, g, state, rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = beta_1 * state.get("m", 0.0) + (1 - beta_1) * g
    state["v"] = beta_2 * state.get("v", 0.0) + (1 - beta_2) * g * g
    return w - rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * state["m"] / (np.sqrt(state["v"]) + epsilon)


@pytest.mark.parametrize(
    ("optimizer", "oracle", "options"),
    [
        (SGD(0.1), slow_sgd, {"rate": 0.1}),
        (SGD(0.1, momentum=0.9), slow_sgd, {"rate": 0.1, "momentum": 0.9}),
        (SGD(0.1, momentum=0.9, nesterov=True), slow_sgd, {"rate": 0.1, "momentum": 0.9, "nesterov": True}),
        (Adam(0.02), slow_adam, {"rate": 0.02}),
        (Adam(0.02, 0.7, 0.8, 1e-3), slow_adam, {"rate": 0.02, "beta_1": 0.7, "beta_2": 0.8, "epsilon": 1e-3}),
    ],
)
def test_twenty_steps_follow_the_formula(optimizer, oracle, options):
    made = variables()
    expected, states = [v.numpy() for v in made], [{}, {}]
    for step in range(20):
        grads = gradients(step)
        optimizer.apply(grads, made)
        expected = [oracle(w, g, state, **options) for w, g, state in zip(expected, grads, states, strict=True)]
        for variable, value in zip(made, expected, strict=True):
            np.testing.assert_allclose(variable.value, value, rtol=1e-12)
    assert optimizer.iterations == 20


def moved(**clipping):
    made = variables()
    before = [v.numpy() for v in made]
    SGD(1.0, **clipping).apply(gradients(0), made)
    return [b - v.value for b, v in zip(before, made, strict=True)]


def test_clipvalue_clips_each_element():
    for step, grad in zip(moved(clipvalue=0.3), gradients(0), strict=True):
        np.testing.assert_allclose(step, np.clip(grad, -0.3, 0.3))


def test_clipnorm_limits_the_norm_of_each_gradient():
    for step, grad in zip(moved(clipnorm=0.3), gradients(0), strict=True):
        np.testing.assert_allclose(step, grad * min(1, 0.3 / np.linalg.norm(grad)))


def test_global_clipnorm_limits_the_common_norm():
    norm = np.sqrt(sum(np.square(grad).sum() for grad in gradients(0)))
    for step, grad in zip(moved(global_clipnorm=0.3), gradients(0), strict=True):
        np.testing.assert_allclose(step, grad * 0.3 / norm)
    for step, grad in zip(moved(global_clipnorm=1e3), gradients(0), strict=True):
        np.testing.assert_allclose(step, grad)


def test_only_one_kind_of_clipping_is_allowed():
    with pytest.raises(ValueError, match="one kind of clipping"):
        SGD(clipnorm=1.0, clipvalue=1.0)
    with pytest.raises(ValueError, match="clipnorm"):
        Adam(clipnorm=0)


@pytest.mark.parametrize("rate", [-1, "0.1", None, float("nan")])
def test_a_learning_rate_must_be_a_number_of_at_least_zero(rate):
    with pytest.raises(ValueError, match="learning_rate"):
        Adam(rate)
    optimizer = Adam()
    with pytest.raises(ValueError, match="learning_rate"):
        optimizer.learning_rate = rate


def test_the_learning_rate_may_change_between_steps_and_is_in_the_config():
    optimizer, made = SGD(1.0), variables()
    optimizer.learning_rate = np.float32(0.5)
    before = made[0].numpy()
    optimizer.apply(gradients(0), made)
    np.testing.assert_allclose(before - made[0].value, 0.5 * gradients(0)[0])
    assert Optimizer.from_config.__func__(SGD, optimizer.get_config()).learning_rate == 0.5


def test_a_slot_is_unchanged_while_its_variable_is_frozen():
    optimizer, made = Adam(), variables()
    optimizer.apply(gradients(0), made)
    memory = copy.deepcopy(optimizer.slots(made[0]))
    optimizer.apply(gradients(1)[1:], made[1:])
    for name, slot in optimizer.slots(made[0]).items():
        np.testing.assert_array_equal(slot, memory[name])


def test_gradients_that_do_not_fit_raise_an_error_before_any_update():
    made = variables()
    before = [v.numpy() for v in made]
    for wrong in (gradients(0)[:1], gradients(0)[::-1]):
        with pytest.raises(ValueError, match="one gradient per variable"):
            SGD().apply(wrong, made)
    for variable, value in zip(made, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)


class SignStep(Optimizer):
    """A rule by variable, as a user of Keras writes it."""

    def update_step(self, gradient, variable, learning_rate):
        variable.assign(variable.value - learning_rate * np.sign(gradient) * np.abs(gradient).max())


def test_a_custom_update_step_works():
    made = variables()
    before = [v.numpy() for v in made]
    SignStep(0.1).apply_gradients(zip(gradients(0), made, strict=True))
    for variable, value, grad in zip(made, before, gradients(0), strict=True):
        np.testing.assert_allclose(variable.value, value - 0.1 * np.sign(grad) * np.abs(grad).max())


def test_optimizers_are_found_by_name():
    assert isinstance(optimizers.get("adam"), Adam)
    assert isinstance(optimizers.get("SGD"), SGD)
    with pytest.raises(ValueError, match="Optimizer"):
        optimizers.get(3)
