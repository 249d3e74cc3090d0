"""Regularizers: value, gradient, names and errors."""

import numpy as np
import pytest

from minidl import Input, Sequential, load_model, ops, regularizers
from minidl.config.public_names import PACKAGES
from minidl.layers import Dense
from minidl.models import clone_model
from minidl.regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer

EACH = [L1(0.3), L2(0.2), L1L2(l1=0.3, l2=0.2), OrthogonalRegularizer(0.3), OrthogonalRegularizer(0.2, "columns")]
each_regularizer = pytest.mark.parametrize("regularizer", EACH, ids=repr)


def test_every_registered_name_is_here():
    assert {type(regularizer).__name__ for regularizer in EACH} == set(PACKAGES["regularizers"])


def test_values_equal_a_loop():
    x = np.random.default_rng(0).normal(size=(3, 4))
    absolute, squares = sum(abs(float(v)) for v in x.flat), sum(float(v) ** 2 for v in x.flat)
    assert L1(0.3)(x) == pytest.approx(0.3 * absolute)
    assert L2(0.2)(x) == pytest.approx(0.2 * squares)
    assert L1L2(0.3, 0.2)(x) == pytest.approx(0.3 * absolute + 0.2 * squares)
    assert (L1()(x), L2()(x), L1L2()(x)) == pytest.approx((0.01 * absolute, 0.01 * squares, 0.0))


def test_the_orthogonal_penalty_is_the_mean_cosine_of_a_loop():
    x = np.random.default_rng(0).normal(size=(4, 3))

    def mean_cosine(rows):
        pairs = [(a, b) for i, a in enumerate(rows) for b in rows[:i]]
        return sum(abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs) / len(pairs)

    assert OrthogonalRegularizer(0.3)(x) == pytest.approx(0.3 * mean_cosine(x))
    assert OrthogonalRegularizer(0.3, "columns")(x) == pytest.approx(0.3 * mean_cosine(x.T))
    assert OrthogonalRegularizer()(np.eye(3)) == 0
    assert OrthogonalRegularizer()(np.ones((1, 3))) == 0
    assert not OrthogonalRegularizer().gradient(np.zeros((2, 3))).any()


def test_only_matrices_have_rows_and_columns():
    for shape in ((3,), (2, 3, 4)):
        with pytest.raises(ValueError, match="OrthogonalRegularizer expects a matrix, got shape"):
            OrthogonalRegularizer()(np.ones(shape))
    with pytest.raises(ValueError, match='expects mode to be "rows" or "columns", got \'both\''):
        OrthogonalRegularizer(mode="both")


@each_regularizer
def test_the_value_is_a_plain_float_also_of_lists_and_strided_arrays(regularizer):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")
    assert type(regularizer(x)) is float
    assert regularizer(x[:, ::2].T) == pytest.approx(regularizer(x[:, ::2].T.tolist()), rel=1e-6)


@each_regularizer
def test_the_gradient_equals_the_numeric_one(regularizer):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.1, 1, (3, 4)) * rng.choice([-1, 1], (3, 4))  # away from the kink at 0
    direction = rng.normal(size=x.shape)
    numeric = (regularizer(x + 1e-6 * direction) - regularizer(x - 1e-6 * direction)) / 2e-6
    assert np.sum(regularizer.gradient(x) * direction) == pytest.approx(numeric, rel=1e-7)


@each_regularizer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_keeps_shape_and_dtype_and_does_not_change_x(regularizer, dtype):
    x = np.ones((2, 3), dtype)
    x.flags.writeable = False
    assert (regularizer.gradient(x).shape, regularizer.gradient(x).dtype) == ((2, 3), dtype)


def test_the_gradient_of_l1_is_zero_at_zero():
    np.testing.assert_array_equal(L1(0.5).gradient(np.array([0.0, -2.0, 3.0])), [0, -0.5, 0.5])


def test_names_classes_and_objects_are_found():
    for name, kind in (("l1", L1), ("L2", L2), ("l1_l2", L1L2), ("L1L2", L1L2), ("l1l2", L1L2)):
        assert type(regularizers.get(name)) is kind
    assert (regularizers.l1, regularizers.l2, regularizers.l1_l2) == (L1, L2, L1L2)
    assert regularizers.get(None) is None
    assert regularizers.get(EACH[0]) is EACH[0]
    assert L1(None).l1 == 0.01
    assert (L1L2(None, None).l1, L1L2(None, None).l2) == (0.0, 0.0)


@each_regularizer
def test_configs_rebuild_an_equal_object(regularizer):
    again = regularizers.deserialize(regularizers.serialize(regularizer))
    assert (type(again), again.get_config()) == (type(regularizer), regularizer.get_config())


@pytest.mark.parametrize("factor", [-0.1, float("nan"), float("inf"), "a", True])
def test_a_factor_that_is_not_a_finite_number_of_at_least_zero_raises_an_error(factor):
    for make in (lambda: L1(factor), lambda: L2(factor), lambda: L1L2(l1=factor), lambda: OrthogonalRegularizer(factor)):
        with pytest.raises(ValueError, match=r"to be a finite number of at least 0, got"):
            make()


@pytest.mark.parametrize("function", [lambda x: 0.1 * np.sum(x * x), lambda x: ops.sum(ops.abs(x)) ** 2, lambda x: 0.0])
def test_a_plain_function_is_differentiated_by_recording_it(function):
    regularizer = regularizers.get(function)
    x, direction, step = np.array([[1.0, -2.0, 3.0]]), np.array([[0.3, 0.7, -0.2]]), 1e-6
    numeric = (function(x + step * direction) - function(x - step * direction)) / (2 * step)
    assert np.sum(regularizer.gradient(x) * direction) == pytest.approx(numeric, rel=1e-7)
    assert regularizer(x) == function(x)
    layer = Dense(2, kernel_regularizer=function)
    model = Sequential([layer])
    model.compile("sgd", "mse")
    before = model.evaluate(np.zeros((2, 3)), np.zeros((2, 2)), verbose=0)
    assert before == pytest.approx(float(function(layer.kernel.numpy())), rel=1e-6)


def test_anything_but_a_regularizer_raises_an_error():
    with pytest.raises(ValueError, match=r"a regularizer is a name, such as 'l2', or a function of the weight, got 3"):
        regularizers.get(3)
    with pytest.raises(ValueError, match="unknown regularizer 'l3': known are l1"):
        regularizers.get("l3")
    with pytest.raises(TypeError, match="Regularizer defines no __call__"):
        Regularizer()(1.0)
    with pytest.raises(TypeError, match="Regularizer defines no __call__"):
        Regularizer().gradient(np.ones(1))


def test_a_model_whose_regularizer_is_a_function_is_cloned_and_loaded(tmp_path):
    def total(w):
        return 0.5 * ops.sum(w)

    model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones", kernel_regularizer=total)])
    assert clone_model(model).losses == [1.0]
    for file in ("model.keras", "model.safetensors"):
        model.save(tmp_path / file)
        assert load_model(tmp_path / file, custom_objects={"total": total}).losses == [1.0]
