"""Variables are allocated in one buffer, and stay views of it."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl import Variable
from minidl.variable import allocate, find_slices


def some(*shapes, dtype="float32"):
    return [Variable(np.full(shape, number + 1.0), dtype=dtype, name=f"v{number}") for number, shape in enumerate(shapes)]


def test_allocated_variables_keep_their_values_and_share_one_buffer():
    variables = some((2, 3), (4,), ())
    allocate(variables)
    assert len({variable.buffer for variable in variables}) == 1
    for number, variable in enumerate(variables):
        np.testing.assert_array_equal(variable.value, np.full(variable.shape, number + 1.0, np.float32))
    assert [run.stop for run in find_slices(variables)] == [11]


def test_values_and_gradients_are_views_written_in_place():
    (variable,) = some((2, 2))
    allocate([variable])
    value, grad = variable.value, variable.grad
    variable.assign([[1, 2], [3, 4]])
    variable.grad += 1
    variable.grad = np.full((2, 2), 5.0)
    variable.value = np.zeros((2, 2))
    assert variable.value is value
    assert variable.grad is grad
    assert (variable.buffer.grad == 5).all()
    assert not variable.buffer.value.any()


def test_a_variable_moves_only_once():
    first, second = some((3,), (2,))
    allocate([first])
    home = first.buffer
    allocate([first, second])
    assert first.buffer is home
    assert second.buffer is not home
    assert len(find_slices([first, second])) == 2


def test_trainable_variables_come_first_and_dtypes_have_separate_buffers():
    variables = [
        Variable(np.zeros(2), name="a"),
        Variable(np.zeros(2), trainable=False, name="state"),
        Variable(np.zeros(2), dtype="float64", name="wide"),
        Variable(np.zeros(3), name="b"),
    ]
    allocate(variables)
    assert [len(run.variables) for run in find_slices([v for v in variables if v.trainable])] == [2, 1]
    assert {run.value.dtype.name for run in find_slices(variables)} == {"float32", "float64"}


def test_a_frozen_variable_splits_a_slice_in_two():
    variables = some((1,), (2,), (3,))
    allocate(variables)
    assert [len(run.value) for run in find_slices([variables[2], variables[0]])] == [1, 3]


@given(sizes=st.lists(st.integers(0, 4), min_size=1, max_size=6), chosen=st.data())
def test_slices_hold_every_chosen_element_exactly_once(sizes, chosen):
    variables = some(*[(size,) for size in sizes])
    allocate(variables)
    picked = chosen.draw(st.lists(st.sampled_from(variables), unique=True))
    runs = find_slices(picked)
    assert sum(len(run.value) for run in runs) == sum(variable.size for variable in picked)
    for run in runs:
        run.value[...] += 1
    for number, variable in enumerate(variables):
        np.testing.assert_array_equal(variable.value, number + 1.0 + (variable in picked))


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda item: pickle.loads(pickle.dumps(item))])
def test_copies_have_a_contiguous_buffer_of_their_own(make_copy):
    variables = some((2, 2), (3,))
    allocate(variables)
    variables[0].grad += 7
    twins = make_copy(variables)
    assert twins[0].buffer is twins[1].buffer is not variables[0].buffer
    twins[0].assign(np.zeros((2, 2)))
    assert not twins[0].buffer.value[:4].any()
    assert variables[0].value.all()
    assert not twins[0].grad.any()  # a gradient lives no longer than its step


def test_a_value_of_another_shape_raises_an_error_rather_than_broadcast():
    (variable,) = some((2, 3))
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*\(3,\)"):
        variable.assign(np.zeros(3))
    with pytest.raises(ValueError, match="initial value"):
        Variable(np.zeros(3), shape=(2,))


def test_numpy_converts_a_variable_to_an_array():
    (variable,) = some((2,))
    np.testing.assert_array_equal(np.ones((1, 2)) @ variable, [2.0])
    assert variable.dtype == "float32"
    assert (variable.ndim, variable.size) == (1, 2)
    copied = variable.numpy()
    copied += 1
    assert variable.value[0] == 1


def test_a_reset_gradient_is_zero_when_read_or_added_to():
    one, other = Variable(np.ones((2, 3)), name="one"), Variable(np.ones(3), name="other")
    allocate([one, other])
    one.grad, other.grad = np.full((2, 3), 5.0), np.full(3, 7.0)
    one.grad_is_zero = True
    other.grad_is_zero = True
    one.grad += 2
    np.testing.assert_array_equal(one.grad, np.full((2, 3), 2.0))
    np.testing.assert_array_equal(find_slices([one, other])[0].grad, [2] * 6 + [0] * 3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_accumulate_since_the_last_reset(dtype):
    w, rng = Variable(np.zeros((3, 2)), name="w"), np.random.default_rng(0)
    one, other = rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=(4, 2)).astype(dtype)
    for _ in range(2):
        w.grad_is_zero = True
        w.add_product(one.T, other)
        np.testing.assert_allclose(w.grad, one.T @ other, rtol=1e-5, atol=1e-6)
        w.add_product(one.T, other)
        np.testing.assert_allclose(w.grad, 2 * (one.T @ other), rtol=1e-5, atol=1e-6)
    assert w.grad.dtype == "float32"
