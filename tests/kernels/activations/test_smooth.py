"""The smooth functions against their formula, written out, and SciPy."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special

from minidl.kernels.activations import elu, smooth
from tests.kernels.activations.kernel_checks import Kernels

ORACLES = {
    "celu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x / alpha) - 1)),
    "selu": lambda x: elu.SELU_SCALE * np.where(x > 0, x, elu.SELU_ALPHA * (np.exp(x) - 1)),
    "exponential": np.vectorize(math.exp, otypes=[float]),
    "log_sigmoid": scipy.special.log_expit,
    "mish": lambda x: x * np.tanh(np.log(1 + np.exp(x))),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "squareplus": lambda x, b=4: (x + np.sqrt(x**2 + b)) / 2,
}
CASES = [
    ("celu", {}),
    ("celu", {"alpha": 0.4}),
    ("celu", {"alpha": 3.0}),
    ("selu", {}),
    ("exponential", {}),
    ("log_sigmoid", {}),
    ("mish", {}),
    ("softsign", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 0.5}),
    ("squareplus", {"b": 0}),
]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{options}" for name, options in CASES])
kernels = Kernels(elu, smooth, oracles=ORACLES)


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
    kernels.check_extremes(name, options, dtype, largest=80 if name == "exponential" else 1e4)


@each_case
def test_float32_is_close_to_float64(name, options):
    kernels.check_precision(name, options)


@each_case
def test_a_single_number_and_empty_arrays_work(name, options):
    kernels.check_one_number_and_no_rows(name, options)


def test_the_constants_of_selu_keep_mean_zero_and_variance_one():
    def moment(power):
        def integrand(x):
            return float(elu.selu(np.array(x))) ** power * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

        return sum(scipy.integrate.quad(integrand, *part, epsabs=1e-12)[0] for part in ((-30, 0), (0, 30)))

    assert abs(moment(1)) < 1e-9
    assert abs(moment(2) - 1) < 1e-9


def test_exponential_overflows_to_infinity_without_a_warning():
    x = np.array([1e4, 89.0, 88.0, -1e4], "float32")
    assert smooth.exponential(x).tolist() == [np.inf, np.inf, pytest.approx(math.exp(88), rel=1e-5), 0.0]


def test_squareplus_and_its_derivative_do_not_cancel_far_below_zero():
    x = np.array([-1e4, -1e3, -1e20], "float32")
    y = smooth.squareplus(x)
    np.testing.assert_allclose(y, -1 / x, rtol=1e-5)  # b / 4 / |x|
    np.testing.assert_allclose(smooth.squareplus_backward(np.ones_like(x), x, y), 1 / x.astype("float64") ** 2, rtol=1e-5)


def test_log_sigmoid_stays_exact_where_the_sigmoid_is_zero_or_one():
    x = np.array([-200.0, -1e4, 30.0])
    np.testing.assert_allclose(smooth.log_sigmoid(x), [-200.0, -1e4, -math.exp(-30)], rtol=1e-12)


def test_derivatives_at_zero_are_those_of_keras():
    assert kernels.slope("celu", [0], alpha=0.5) == [1]
    np.testing.assert_allclose(kernels.slope("selu", [0]), [elu.SELU_SCALE * elu.SELU_ALPHA])
    assert kernels.slope("softsign", [0]) == [1]
    assert kernels.slope("squareplus", [-1, 0, 1], b=0) == [0, 0, 1]
    assert kernels.slope("squareplus", [0]) == [0.5]


@pytest.mark.parametrize(("name", "options"), [("celu", {"alpha": 0.0}), ("celu", {"alpha": -1}), ("squareplus", {"b": -1})])
def test_options_outside_their_range_raise_an_error(name, options):
    with pytest.raises(ValueError, match=f"{name} expects {next(iter(options))} to be"):
        kernels.functions(name)[0](np.ones(3), **options)


def test_nan_is_propagated():
    for name in ORACLES:
        assert np.isnan(kernels.functions(name)[0](np.array([np.nan]))).all(), name
