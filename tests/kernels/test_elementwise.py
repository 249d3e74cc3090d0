"""The kernels against slow oracles, numeric derivatives and extreme inputs."""

import math

import numpy as np
import pytest
import scipy.special

from minidl.kernels import elementwise

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
KINKS = np.array([0.0, 2.0, 0.7, -0.6, 3.0, 0.4, 2.5])


def functions(name):
    return getattr(elementwise, name), getattr(elementwise, f"{name}_backward")


def make_input(shape, seed=0):
    """Values on both sides of every kink, each at least 0.02 away from all of them."""
    x = np.random.default_rng(seed).uniform(-4, 4, shape)
    for kink in KINKS:
        x = np.where(np.abs(x - kink) < 0.02, x + 0.04, x)
    assert np.abs(x[..., None] - KINKS).min() > 0.01
    return x


def read_only(array):
    array.flags.writeable = False
    return array


@each_case
def test_forward_equals_a_slow_oracle(name, options):
    x = make_input((3, 4, 5))
    np.testing.assert_allclose(functions(name)[0](x, **options), ORACLES[name](x, **options), rtol=1e-12, atol=1e-12)


@each_case
def test_backward_equals_the_numeric_derivative_along_random_directions(name, options):
    forward, backward = functions(name)
    rng = np.random.default_rng(1)
    x, dy = make_input((3, 4, 5)), rng.normal(size=(3, 4, 5))
    dx = backward(dy, x, forward(x, **options), **options)
    for direction in rng.normal(size=(3, *x.shape)):
        step = 1e-5 * direction
        numeric = np.sum(dy * (forward(x + step, **options) - forward(x - step, **options))) / 2e-5
        assert abs(numeric) > 1e-3
        np.testing.assert_allclose(np.sum(dx * direction), numeric, rtol=1e-6, atol=1e-8)


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_kept_and_read_only_or_strided_input_is_never_written(name, options, dtype):
    forward, backward = functions(name)
    options = {key: np.float64(value) if isinstance(value, float) else value for key, value in options.items()}
    wide, dy = make_input((3, 4, 10)).astype(dtype), np.random.default_rng(1).normal(size=(3, 4, 5)).astype(dtype)
    x, dy = read_only(wide[..., ::2]), read_only(dy)
    y = read_only(forward(x, **options)[...])
    dx = backward(dy, x, y, **options)
    assert (y.dtype, dx.dtype, y.shape, dx.shape) == (dtype, dtype, x.shape, x.shape)
    np.testing.assert_array_equal(y, forward(x.copy(), **options))
    np.testing.assert_array_equal(dx, backward(dy.copy(), x.copy(), y.copy(), **options))


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_finite_results_without_warnings(name, options, dtype):
    forward, backward = functions(name)
    x = np.array([[[-1e4, 1e4, -100, 100, 0, -0.0, 1e-30]]], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        y = forward(x, **options)
        dx = backward(np.ones_like(x), x, y, **options)
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()


@each_case
def test_float32_is_close_to_float64(name, options):
    forward, backward = functions(name)
    x, dy = make_input((3, 4, 5)), np.random.default_rng(1).normal(size=(3, 4, 5))
    x32, dy32 = x.astype("float32"), dy.astype("float32")
    y, y32 = forward(x, **options), forward(x32, **options)
    np.testing.assert_allclose(y32, y, rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(backward(dy32, x32, y32, **options), backward(dy, x, y, **options), rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize("name", [name for name, options in CASES if not options and "softmax" not in name])
def test_one_number_and_no_rows_are_fine(name):
    forward, backward = functions(name)
    for x in (np.array(0.5), np.zeros((0, 3))):
        y = forward(x)
        np.testing.assert_allclose(y, ORACLES[name](x) if x.size else x)
        assert np.shape(backward(np.ones_like(x), x, y)) == x.shape


def test_softmax_rows_sum_to_one_also_when_logits_are_huge():
    x = np.array([[1e4, -1e4, 1e4], [-1e4, -1e4, -1e4]], "float32")
    np.testing.assert_allclose(elementwise.softmax(x), [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_allclose(elementwise.log_softmax(x)[0], [-np.log(2), -2e4 - np.log(2), -np.log(2)], rtol=1e-6)


def test_softmax_gives_no_weight_to_minus_infinity():
    np.testing.assert_array_equal(elementwise.softmax(np.array([[0.0, -np.inf]])), [[1.0, 0.0]])


def test_kinks_have_keras_derivatives_at_zero():
    zero, one = np.zeros(1), np.ones(1)
    assert elementwise.relu_backward(one, zero, zero) == 0
    assert elementwise.leaky_relu_backward(one, zero, zero) == 1
    assert elementwise.elu_backward(one, zero, zero, alpha=0.5) == 0.5


def test_nan_stays_visible():
    x = np.array([np.nan])
    for name in ("relu", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "softplus", "gelu", "softmax", "log_softmax"):
        assert np.isnan(functions(name)[0](x)).all(), name
