"""Gated units and sparse probabilities against slow oracles, numeric derivatives and extreme inputs."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.special

from minidl.kernels.activations.glu import glu, glu_backward, halved_shape
from minidl.kernels.activations.softmax import sparsemax, sparsemax_backward

FUNCTIONS = {"glu": (glu, glu_backward), "sparsemax": (sparsemax, sparsemax_backward)}
each_along = pytest.mark.parametrize(("name", "axis"), list(itertools.product(FUNCTIONS, (-1, 0, 1, 2, -3))))


def sparsemax_of_a_row(z):
    """The nearest point of the simplex: of all sets that might have a share, the one that fits."""
    for count in range(1, len(z) + 1):
        chosen = np.argsort(-z, kind="stable")[:count]
        tau = (z[chosen].sum() - 1) / count
        y = np.where(np.isin(np.arange(len(z)), chosen), z - tau, 0.0)
        others = np.delete(z, chosen)
        if (y[chosen] >= 0).all() and (others <= tau + 1e-12).all():
            return y
    raise AssertionError("no set fits")


def glu_of_a_row(row):
    half = len(row) // 2
    return np.array([row[n] * scipy.special.expit(row[n + half]) for n in range(half)])


ORACLES = {"glu": glu_of_a_row, "sparsemax": sparsemax_of_a_row}


@each_along
def test_every_row_along_the_axis_is_that_of_a_slow_oracle(name, axis):
    for scale in (0.3, 1.0, 5.0):
        x = np.random.default_rng(0).normal(size=(4, 6, 2)) * scale
        expected = np.apply_along_axis(ORACLES[name], axis, x)
        np.testing.assert_allclose(FUNCTIONS[name][0](x, axis), expected, rtol=1e-12, atol=1e-12)


@each_along
def test_backward_equals_the_numeric_derivative_along_random_directions(name, axis):
    forward, backward = FUNCTIONS[name]
    generator = np.random.default_rng(1)
    x = generator.normal(size=(4, 6, 2)) * 0.5
    y = forward(x, axis)
    dy = generator.normal(size=y.shape)
    dx = backward(dy, x, y, axis)
    for direction in generator.normal(size=(3, *x.shape)):
        step = 1e-6 * direction
        numeric = np.sum(dy * (forward(x + step, axis) - forward(x - step, axis))) / 2e-6
        assert abs(numeric) > 1e-3
        np.testing.assert_allclose(np.sum(dx * direction), numeric, rtol=1e-6, atol=1e-8)


@each_along
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_kept_and_read_only_or_strided_input_is_never_written(name, axis, dtype):
    forward, backward = FUNCTIONS[name]
    wide = np.random.default_rng(0).normal(size=(4, 6, 4)).astype(dtype)
    wide.flags.writeable = False
    x = wide[..., ::2]
    y = forward(x, axis)
    dy = np.random.default_rng(1).normal(size=y.shape).astype(dtype)
    y.flags.writeable = dy.flags.writeable = False
    dx = backward(dy, x, y, axis)
    assert (y.dtype, dx.dtype, dx.shape) == (dtype, dtype, x.shape)
    # Exponentials of strided elements, and sums along other strides, may have other last bits.
    close = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-14}
    np.testing.assert_allclose(y, forward(x.copy(), axis), **close)
    np.testing.assert_allclose(dx, backward(dy.copy(), x.copy(), y.copy(), axis), **close)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_finite_results_without_warnings(name, dtype):
    forward, backward = FUNCTIONS[name]
    x = np.array([[-1e4, 1e4, -100, 100, 0, -0.0, 1e-30, 1e4], [-1e4] * 8, [1e4] * 8], dtype)
    y = forward(x)
    assert np.isfinite(y).all()
    assert np.isfinite(backward(np.ones_like(y), x, y)).all()
    if name == "sparsemax":
        np.testing.assert_array_equal(y, [[0, 0.5, 0, 0, 0, 0, 0, 0.5], [1 / 8] * 8, [1 / 8] * 8])


@hypothesis.given(st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=9), st.floats(-1000, 1000, width=32))
def test_sparsemax_sums_to_one_and_is_invariant_to_a_shift(scores, offset):
    x = np.array([scores])
    y = sparsemax(x)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(), 1.0, rtol=1e-12)
    np.testing.assert_allclose(sparsemax(x + offset), y, atol=1e-9)


def test_a_long_row_is_exact_in_float32():
    x = np.random.default_rng(0).normal(size=(3, 5000)).astype("float32")
    np.testing.assert_allclose(sparsemax(x), sparsemax(x.astype("float64")), atol=1e-5)
    np.testing.assert_allclose(sparsemax(x).sum(axis=-1), 1.0, rtol=1e-5)


def test_minus_infinity_gets_probability_zero_and_nan_is_propagated():
    np.testing.assert_array_equal(sparsemax(np.array([[0.0, -np.inf, -0.5]])), [[0.75, 0.0, 0.25]])
    assert np.isnan(sparsemax(np.array([[np.nan, 1.0]]))).all()
    assert np.isnan(glu(np.array([[np.nan, 1.0]]))).all()


def test_empty_arrays_work():
    for forward, backward in FUNCTIONS.values():
        x = np.zeros((0, 4))
        y = forward(x)
        assert y.shape[0] == 0
        assert backward(y, x, y).shape == x.shape


def test_an_axis_of_odd_size_cannot_be_halved():
    assert halved_shape((None, 4, 6)) == (None, 4, 3)
    assert halved_shape((None, 4, 6), axis=1) == (None, 2, 6)
    assert halved_shape((None, 4, 6), axis=0) == (None, 4, 6)
    with pytest.raises(ValueError, match=r'Dense "d" cannot take halves of an axis of 5, got shape \(2, 5\)'):
        halved_shape((2, 5), 'Dense "d"')
    with pytest.raises(ValueError, match="does not have"):
        halved_shape((2, 5), axis=-3)
