"""Normalization of groups of channels against the formulas in float64, for the layouts of images and of a whole batch."""

import numpy as np
import pytest

from minidl.kernels.group_normalization import center, group_normalize_backward, in_parts, restore, scale_centered
from minidl.kernels.normalization import center_rows

SHAPES = [((3, 8, 8, 6), -1), ((3, 6, 8, 8), 1), ((2, 7, 6, 5), 2), ((32, 64, 64, 6), -1), ((5, 6), -1), ((1, 1, 6), -1)]
SMALL = {"float32": 2e-5, "float64": 1e-9}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def naive(x, axis, number, gamma, beta, dy):
    """y, mean, variance, dx, dgamma and dbeta by the formulas of batch or group normalization, all of x's shape."""
    x, dy = (np.moveaxis(array, axis, -1).astype("float64") for array in (x, dy))
    shape = x.shape if number is None else (*x.shape[:-1], number, x.shape[-1] // number)
    axes = tuple(range(x.ndim - 1)) if number is None else (*range(1, x.ndim - 1), x.ndim)
    mean, variance = (getattr(x.reshape(shape), kind)(axis=axes, keepdims=True) for kind in ("mean", "var"))
    inverse = 1 / np.sqrt(variance + 1e-3)
    x_hat, dx_hat = (x.reshape(shape) - mean) * inverse, (dy * gamma).reshape(shape)
    along = (dx_hat * x_hat).mean(axis=axes, keepdims=True)
    dx = inverse * (dx_hat - dx_hat.mean(axis=axes, keepdims=True) - x_hat * along)
    x_hat, dx = x_hat.reshape(x.shape), dx.reshape(x.shape)
    others = tuple(range(x.ndim - 1))
    y = x_hat * gamma + beta
    return np.moveaxis(y, -1, axis), np.moveaxis(dx, -1, axis), (dy * x_hat).sum(axis=others), dy.sum(axis=others), mean


@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
@pytest.mark.parametrize("number", [None, 1, 3, 6])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_outputs_and_gradients_follow_the_formulas(shape, axis, number, dtype, offset):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(offset, 1, size=shape).astype(dtype), rng.normal(size=shape).astype(dtype)
    gamma, beta = rng.normal(size=(2, 6)).astype(dtype)
    parts, groups = in_parts(x, axis, number)
    centered = center(parts, groups)
    inverse = 1 / np.sqrt(centered.variance + x.dtype.type(1e-3))
    y = scale_centered(centered, groups.vector(gamma, parts) * inverse, groups.vector(beta, parts))
    dy_parts, _ = in_parts(dy, axis, number)
    dx, dgamma, dbeta = group_normalize_backward(dy_parts, centered, inverse, groups.vector(gamma, parts), groups)
    expected = naive(x, axis, number, gamma, beta, dy)
    found = (restore(y, shape, axis), restore(dx, shape, axis), dgamma, dbeta)
    for one, other, size in zip(found, expected, (1, 30, x.size**0.5, x.size**0.5), strict=False):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=SMALL[dtype], atol=SMALL[dtype] * size)
    if number is None:
        close = {"rtol": 1e-7, "atol": 5e-8} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-15}
        np.testing.assert_allclose(groups.first(centered.mean), expected[4].ravel(), **close)


def test_parts_of_a_large_batch_do_not_change_its_layout(rng):
    x = rng.normal(size=(33, 64, 64, 3)).astype("float32")
    parts, groups = in_parts(x, -1, None)
    assert parts.shape == (8, 33 * 64 * 8, 3)
    assert groups.batch == 8
    np.testing.assert_array_equal(restore(parts, x.shape, -1), x)


@pytest.mark.parametrize("per_element", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weighted_rows_have_the_weighted_mean_and_variance(per_element, dtype, rng):
    rows = rng.normal(1e4, 1, size=(1000, 5)).astype(dtype)
    share = rng.random(rows.shape if per_element else 1000).astype(dtype)
    share /= share.sum(axis=0)
    centered, mean, variance = center_rows(rows, share)
    wide, weights = rows.astype("float64"), share.astype("float64") if per_element else share.astype("float64")[:, np.newaxis]
    weights = weights / weights.sum(axis=0)
    expected = (wide * weights).sum(axis=0)
    np.testing.assert_allclose(mean, expected, rtol=1e-7 if dtype == "float32" else 1e-14)
    np.testing.assert_allclose(centered, wide - expected, atol=1e-5 if dtype == "float32" else 1e-11)
    tolerance = 1e-5 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(variance, ((wide - expected) ** 2 * weights).sum(axis=0), rtol=tolerance)
