"""Sums by way of products, against NumPy's own sums."""

import numpy as np
import pytest

from minidl.kernels.sums import column_sums, mean_of_product, sum_of_product


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_and_means_of_products_are_those_of_numpy_and_keep_the_dtype(axes, dtype):
    a, b = np.random.default_rng(0).normal(size=(2, 4, 3, 5)).astype(dtype)
    b = np.asfortranarray(b)
    total, mean = sum_of_product(a, b, axes), mean_of_product(a, b, axes)
    assert total.dtype == mean.dtype == dtype
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(total, (a * b).sum(axis=axes), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(mean, (a * b).mean(axis=axes, keepdims=True), rtol=tolerance, atol=tolerance)
    assert mean.shape == (a * b).mean(axis=axes, keepdims=True).shape


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 5), (1000, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_column_sums_are_those_of_numpy_and_keep_the_dtype(shape, dtype):
    rows = np.random.default_rng(0).normal(size=shape).astype(dtype)
    sums = column_sums(rows)
    assert sums.dtype == dtype
    np.testing.assert_allclose(sums, rows.sum(axis=0), rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-4)
