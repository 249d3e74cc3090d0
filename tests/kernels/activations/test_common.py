"""The kernels against slow oracles, numeric derivatives and extreme inputs."""

import math

import numpy as np
import pytest
import scipy.special

from minidl.kernels.activations import elu, gelu, relu, smooth, softmax
from tests.kernels.activations.kernel_checks import Kernels

CASES = [
    ("linear", {}),
    ("relu", {}),
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 2.0}),
    ("relu", {"threshold": 0.7}),
    ("relu", {"max_value": 3.0, "threshold": -0.6}),
    ("relu", {"negative_slope": 0.3, "max_value": 2.5, "threshold": 0.4}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 1.5}),
    ("leaky_relu", {"negative_slope": -0.5}),
    ("elu", {}),
    ("elu", {"alpha": 0.4}),
    ("sigmoid", {}),
    ("tanh", {}),
    ("silu", {}),
    ("softplus", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": 1}),
]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{options}" for name, options in CASES])


def slow_relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    def one(value):
        if value <= threshold:
            return negative_slope * (value - threshold)
        return value if max_value is None else min(max(value, 0.0), max_value)

    return np.vectorize(one)(x)


ORACLES = {
    "linear": lambda x: x,
    "relu": slow_relu,
    "leaky_relu": lambda x, negative_slope=0.2: np.where(x > 0, x, negative_slope * x),
    "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
    "sigmoid": scipy.special.expit,
    "tanh": np.vectorize(math.tanh),
    "silu": lambda x: x * scipy.special.expit(x),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "gelu": lambda x, approximate=False: (
        x * ((1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2 if approximate else scipy.special.ndtr(x))
    ),
    "softmax": lambda x, axis=-1: scipy.special.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: scipy.special.log_softmax(x, axis),
}
kernels = Kernels(elu, gelu, relu, smooth, softmax, oracles=ORACLES, kinks=[0.0, 2.0, 0.7, -0.6, 3.0, 0.4, 2.5])


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


@pytest.mark.parametrize("name", [name for name, options in CASES if not options and "softmax" not in name])
def test_a_single_number_and_empty_arrays_work(name):
    kernels.check_one_number_and_no_rows(name, {})


def test_softmax_rows_sum_to_one_also_when_logits_are_huge():
    x = np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]], "float32")
    np.testing.assert_allclose(softmax.softmax(x), [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_allclose(softmax.log_softmax(x)[0], [-np.log(2), -2e4 - np.log(2), -np.log(2)], rtol=1e-6)


@pytest.mark.parametrize("size", [1, 10, 64, 65])
@pytest.mark.parametrize("ones", [(), (1,), (1, 1)], ids=str)
def test_softmax_of_one_row_equals_a_slow_oracle(size, ones):
    x = np.random.default_rng(0).normal(size=(*ones, size))
    y = softmax.softmax(x)
    assert y.shape == x.shape
    np.testing.assert_allclose(y, np.exp(x) / np.exp(x).sum(), rtol=1e-12)
    for value in (np.nan, np.inf):
        x[..., 0] = value
        with np.errstate(invalid="ignore"):
            assert np.isnan(softmax.softmax(x)[..., 0]).all()
    x[:] = -np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(softmax.softmax(x)).all()


def test_softmax_gives_no_weight_to_minus_infinity():
    np.testing.assert_array_equal(softmax.softmax(np.array([[0.0, -np.inf]])), [[1.0, 0.0]])


def test_derivatives_at_kinks_are_those_of_keras():
    zero, one = np.zeros(1), np.ones(1)
    assert relu.relu_backward(one, zero, zero) == 0
    assert relu.leaky_relu_backward(one, zero, zero) == 1
    assert elu.elu_backward(one, zero, zero, alpha=0.5) == 0.5


def test_nan_is_propagated():
    x = np.array([np.nan])
    for name in ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "softplus", "gelu", "softmax", "log_softmax"):
        assert np.isnan(kernels.functions(name)[0](x)).all(), name
    for options in ({"max_value": 2.0}, {"negative_slope": 0.1, "threshold": 0.5}):
        assert np.isnan(relu.relu(x, **options)).all(), options
