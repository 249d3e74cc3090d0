"""The functions of lines and parabolas against their definition, case by case."""

import numpy as np
import pytest

from minidl.kernels.activations import hard, relu
from tests.kernels.activations.kernel_checks import Kernels


def by_cases(*cases, last):
    """A function of single numbers: the value of the first case whose bound lies above."""

    def one(value):
        return next((formula(value) for bound, formula in cases if value <= bound), last(value))

    return lambda x: np.vectorize(one, otypes=[float])(x)


def constant(value):
    return lambda _: value


def same(value):
    return value


ORACLES = {
    "relu6": by_cases((0, constant(0.0)), (6, same), last=constant(6.0)),
    "hard_sigmoid": by_cases((-3, constant(0.0)), (3, lambda v: (v + 3) / 6), last=constant(1.0)),
    "keras_2_hard_sigmoid": by_cases((-2.5, constant(0.0)), (2.5, lambda v: v / 5 + 0.5), last=constant(1.0)),
    "hard_silu": by_cases((-3, constant(0.0)), (3, lambda v: v * (v + 3) / 6), last=same),
    "hard_tanh": by_cases((-1, constant(-1.0)), (1, same), last=constant(1.0)),
    "sparse_sigmoid": by_cases((-1, constant(0.0)), (1, lambda v: (v + 1) / 2), last=constant(1.0)),
    "sparse_plus": by_cases((-1, constant(0.0)), (1, lambda v: (v + 1) ** 2 / 4), last=same),
}
CASES = [(name, {}) for name in ORACLES]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{options}" for name, options in CASES])
kernels = Kernels(hard, relu, oracles=ORACLES, kinks=[0.0, 1.0, -1.0, 2.5, -2.5, 3.0, -3.0])


@each_case
def test_forward_equals_a_slow_oracle(name, options):
    kernels.check_value(name, options)


@each_case
def test_backward_equals_the_numeric_derivative_along_random_directions(name, options):
    kernels.check_derivative(name, options)


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_kept_and_read_only_or_strided_input_is_never_written(name, options, dtype):
    kernels.check_arrays(name, options, dtype)


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_finite_results_without_warnings(name, options, dtype):
    kernels.check_extremes(name, options, dtype)


@each_case
def test_float32_is_close_to_float64(name, options):
    kernels.check_precision(name, options)


@each_case
def test_a_single_number_and_empty_arrays_work(name, options):
    kernels.check_one_number_and_no_rows(name, options)


@pytest.mark.parametrize("name", ORACLES)
def test_the_function_reaches_both_limits(name):
    x = np.array([-20.0, -6.5, -2.0, 5.0, 6.5, 20.0])
    np.testing.assert_allclose(kernels.functions(name)[0](x), ORACLES[name](x), rtol=1e-14)
    outside = kernels.slope(name, [-20.0, -6.5, 6.5, 20.0])
    assert outside == ([0, 0, 1, 1] if name in ("hard_silu", "sparse_plus") else [0, 0, 0, 0])


def test_derivatives_at_kinks_are_those_of_keras_on_jax():
    assert kernels.slope("relu6", [0, 6]) == [0, 0]
    np.testing.assert_allclose(kernels.slope("hard_sigmoid", [-3, 0, 3]), [0, 1 / 6, 0])
    assert kernels.slope("hard_silu", [-3, 0, 3]) == [0, 0.5, 1]
    assert kernels.slope("hard_tanh", [-1, 0, 1]) == [1, 1, 1]
    assert kernels.slope("sparse_plus", [-1, 0, 1]) == [0, 0.5, 1]


def test_the_derivative_at_the_ends_of_sparse_sigmoid_is_zero():
    assert kernels.slope("sparse_sigmoid", [-1, 0, 1]) == [0, 0.5, 0]


def test_nan_is_propagated():
    for name in ORACLES:
        assert np.isnan(kernels.functions(name)[0](np.array([np.nan]))).all(), name
