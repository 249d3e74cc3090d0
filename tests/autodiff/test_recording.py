"""Recordings: operators, variables, assignments, and gradients of everything that was used."""

import operator

import numpy as np
import pytest

import minidl
from minidl import Variable, ops
from minidl.autodiff import DifferentiableFunction, Recording, TrackedTensor, active_recording
from tests.ops.table import P, X, Y, real

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.matmul]


@pytest.mark.parametrize("function", BINARY, ids=lambda function: function.__name__)
@pytest.mark.parametrize("other", ["array", "number", "variable", "tensor"])
@pytest.mark.parametrize("swapped", [False, True])
def test_operators_have_their_gradient_on_both_sides(function, other, swapped):
    value = P.copy() if function is not operator.matmul else real(4, 4)
    right: object = np.abs(Y[: value.shape[0]]) + 0.5 if function is not operator.matmul else real(4, 4)
    if other == "number":
        if function is operator.matmul:
            return
        right = 1.7
    weight = Variable(right, dtype="float64")

    def result(x, y):
        return function(y, x) if swapped else function(x, y)

    recording = Recording("operators")
    x = recording.track(value)
    operand = {"array": right, "number": right, "variable": weight, "tensor": None}[other]
    second = recording.track(np.asarray(right)) if other == "tensor" else operand
    with recording.active():
        y = result(x, second)
    assert isinstance(y, TrackedTensor)
    expected = result(value, right)
    np.testing.assert_allclose(y.value, expected, rtol=1e-13)
    dy = np.random.default_rng(2).normal(size=expected.shape)
    weight.grad = np.zeros_like(weight.array)
    found = recording.backward([y], [dy], [x, *([second] if other == "tensor" else [])])
    step, direction = 1e-6, np.random.default_rng(3).normal(size=value.shape)
    numeric = np.sum((result(value + step * direction, right) - result(value - step * direction, right)) * dy) / (2 * step)
    np.testing.assert_allclose(np.sum(found[0] * direction), numeric, rtol=1e-6)
    if other in ("variable", "tensor"):
        gradient = weight.grad if other == "variable" else found[1]
        direction = np.random.default_rng(4).normal(size=np.shape(right))
        numeric = np.sum((result(value, right + step * direction) - result(value, right - step * direction)) * dy) / (2 * step)
        np.testing.assert_allclose(np.sum(gradient * direction), numeric, rtol=1e-6)


@pytest.mark.parametrize(
    "function", [operator.neg, operator.abs, lambda x: x[1:, ::2], lambda x: x[:, [0, 0, 2]], lambda x: x.T, lambda x: x.sum(1)]
)
def test_unary_operators_indexing_and_methods(function):
    recording = Recording("operators")
    x = recording.track(X)
    with recording.active():
        y = function(x)
    dy = np.random.default_rng(2).normal(size=y.shape)
    direction, step = np.random.default_rng(3).normal(size=X.shape), 1e-6
    numeric = np.sum((function(X + step * direction) - function(X - step * direction)) * dy) / (2 * step)
    np.testing.assert_allclose(np.sum(recording.backward([y], [dy], [x])[0] * direction), numeric, rtol=1e-6)


@pytest.mark.parametrize(
    "function", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.mod]
)
def test_comparisons_return_plain_arrays(function):
    recording = Recording("comparisons")
    with recording.active():
        found = function(recording.track(X), 0.3)
    if function is not operator.mod:
        assert isinstance(found, np.ndarray)
        np.testing.assert_array_equal(found, function(X, 0.3))


def test_gradients_of_variables_add_up_and_nothing_is_recorded_outside():
    w = Variable(np.array([1.0, 2.0]), dtype="float64", name="w")
    recording = Recording("variables")
    with recording.active():
        y = w * 3.0 + np.exp(w) + w.value * w
        assert active_recording() is recording
    assert active_recording() is None
    recording.backward([y], [np.ones(2)])
    np.testing.assert_allclose(w.grad, 3 + np.exp(w.array) + 2 * w.array)
    assert isinstance(w * 2, np.ndarray)
    assert isinstance(np.exp(w), np.ndarray)


def test_a_value_read_before_an_assignment_keeps_its_gradient():
    w = Variable(np.array([2.0]), dtype="float64", name="w")
    recording = Recording("assignments")
    with recording.active():
        before = w * w
        w.assign(np.array([10.0]))
        after = w * w
    recording.backward([before, after], [np.ones(1), np.zeros(1)])
    np.testing.assert_allclose(w.grad, [4.0])
    np.testing.assert_array_equal(w.array, [10.0])
    np.testing.assert_array_equal(after.value, [100.0])


def test_a_weights_gradient_flows_through_what_was_assigned_from_it():
    w, mean = Variable(np.array([2.0]), dtype="float64"), Variable(np.array([1.0]), dtype="float64", trainable=False)
    recording = Recording("assignments")
    with recording.active():
        mean.assign(0.9 * mean + 0.1 * w)
        y = mean * 5.0
    recording.backward([y], [np.ones(1)])
    np.testing.assert_allclose(w.grad, [0.5])


def test_a_gradient_of_another_shape_raises_an_error():
    w = Variable(np.zeros((2, 3)), name="w")
    with pytest.raises(ValueError, match=r'variable "w" has shape \(2, 3\), got a gradient of shape \(3,\)'):
        w.grad = np.ones(3)
    with pytest.raises(TypeError, match="change it with assign"):
        w += 1.0


def test_a_tensor_cannot_be_changed_in_place():
    recording = Recording("writes")
    with recording.active(), pytest.raises(TypeError, match="cannot be changed in place"):
        recording.track(X)[0] = 1.0


def test_stop_gradient_and_numpy_end_the_gradient():
    square = DifferentiableFunction(lambda x: ops.stop_gradient(x) * x + x.numpy() * x, "stopped")
    y, cache = square.forward(X)
    np.testing.assert_allclose(y, 2 * X * X)
    np.testing.assert_allclose(square.backward(np.ones_like(X), cache)[0], 2 * X)


def test_an_unused_input_has_a_gradient_of_zeros():
    first = DifferentiableFunction(lambda x, y: x * 2, "first")
    y, cache = first.forward(X, Y)
    dx, unused = first.backward(np.ones_like(y), cache)
    np.testing.assert_array_equal(dx, 2)
    np.testing.assert_array_equal(unused, 0)


def test_a_recording_survives_an_error_inside():
    recording = Recording("errors")
    with pytest.raises(ZeroDivisionError), recording.active():
        1 / 0  # noqa: B018  # an error
    assert active_recording() is None
    assert minidl.ops.exp(0.0) == 1
