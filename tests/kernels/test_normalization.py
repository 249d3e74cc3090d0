"""Means over the last axes against NumPy's own, and normalization over any axes against the formulas in float64."""

import numpy as np
import pytest

from minidl.kernels.normalization import (
    mean_over,
    normalize,
    normalize_backward,
    scale_and_center,
    scale_and_center_backward,
)


@pytest.mark.parametrize("axes", [(), (0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("shape", [(4, 3, 5), (1, 1, 1), (0, 3, 2), (2, 100, 100)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_means_are_those_of_numpy_and_keep_the_dtype(axes, shape, dtype):
    z = 100 + np.random.default_rng(0).normal(size=shape).astype(dtype)
    for one in (z, np.asfortranarray(z), z[:, ::-1]):
        if z.size == 0 and 0 in axes:
            continue  # NumPy warns of the mean of nothing
        found, expected = mean_over(one, axes), one.astype("float64").mean(axis=axes, keepdims=True)
        assert found.shape == expected.shape
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == "float32" else 1e-13)


@pytest.mark.parametrize("count", [1, 2, 64, 129, 4096, 8192])
def test_means_of_rows_far_from_zero_are_exact_to_float32(count):
    z = 100 + np.random.default_rng(0).normal(size=(5, 7, count)).astype("float32")
    np.testing.assert_allclose(mean_over(z, (2,)), z.astype("float64").mean(axis=2, keepdims=True), rtol=1e-6)


AXES = [(1,), (2,), (1, 2), (2, 3), (3,), (1, 3), (1, 2, 3)]
SHAPES = [(2, 8, 9, 4), (3, 16, 16, 5), (2, 1, 7, 1), (1, 5, 64, 2)]


@pytest.mark.parametrize("axes", AXES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_normalization_and_its_gradient_follow_the_formulas(axes, shape, dtype, offset):
    random = np.random.default_rng(0)
    if axes[-1] == 3 and dtype == "float32":
        offset /= 1000  # the mean of a row is one sum in float32
    x, dx_hat = random.normal(offset, 1, shape).astype(dtype), random.normal(size=shape).astype(dtype)
    wide, gradient = x.astype("float64"), dx_hat.astype("float64")
    close = {"rtol": 2e-5, "atol": 5e-5} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-9}
    for one, other in ((x, dx_hat), (np.asfortranarray(x), np.repeat(dx_hat, 2, axis=1)[:, ::2])):
        x_hat, inverse = normalize(one, axes, 1e-3)
        expected_inverse = 1 / np.sqrt(wide.var(axis=axes, keepdims=True) + 1e-3)
        expected = (wide - wide.mean(axis=axes, keepdims=True)) * expected_inverse
        assert inverse.shape == expected_inverse.shape
        assert x_hat.dtype == inverse.dtype == dtype
        np.testing.assert_allclose(x_hat, expected, **close)
        np.testing.assert_allclose(inverse, expected_inverse, **close)
        dx = normalize_backward(other, x_hat, inverse, axes)
        along = (gradient * expected).mean(axis=axes, keepdims=True)
        expected_dx = expected_inverse * (gradient - gradient.mean(axis=axes, keepdims=True) - expected * along)
        np.testing.assert_allclose(dx, expected_dx, rtol=close["rtol"], atol=30 * close["atol"])


@pytest.mark.parametrize("axes", [(3,), (1,), (2,), (1, 2), (2, 3), (1, 3)], ids=str)
@pytest.mark.parametrize("shape", [*SHAPES, (0, 3, 4, 5), (2, 0, 3, 4)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scale_and_offset_follow_the_formulas(axes, shape, dtype):
    random = np.random.default_rng(0)
    along = [size if axis in axes else 1 for axis, size in enumerate(shape)]
    x_hat, dy = random.normal(size=(2, *shape)).astype(dtype)
    gamma, beta = random.normal(size=(2, *along)).astype(dtype)
    others = tuple(axis for axis in range(4) if axis not in axes)
    close = {"rtol": 1e-5, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_array_equal(scale_and_center(x_hat, gamma, beta), x_hat * gamma + beta)
    np.testing.assert_array_equal(scale_and_center(x_hat, gamma, None), x_hat * gamma)
    dx_hat, dgamma, dbeta = scale_and_center_backward(dy, x_hat, gamma, others)
    np.testing.assert_array_equal(dx_hat, dy * gamma)
    for found, expected in ((dgamma, (dy.astype("float64") * x_hat)), (dbeta, dy.astype("float64"))):
        assert found.dtype == dtype
        assert found.shape == tuple(shape[axis] for axis in axes)
        np.testing.assert_allclose(found, expected.sum(axis=others), **close)
