"""Maxima and sums of rows, columns and products against NumPy's own."""

import numpy as np
import pytest

from minidl.kernels.reductions import column_sums, mean_of_product, row_max, row_sums, sum_of_product

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("numbers", [1, 2, 10, 64, 65, 200])
@pytest.mark.parametrize("rows", [(1,), (31,), (32,), (5, 20), (511,), (512,), (0,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_row_maxima_and_sums_equal_numpys(rows, numbers, dtype):
    z = RNG.normal(size=(*rows, numbers)).astype(dtype)
    np.testing.assert_array_equal(row_max(z), z.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(row_sums(z), z.sum(axis=-1, keepdims=True), rtol=1e-5, atol=1e-5)
    assert row_max(z).dtype == row_sums(z).dtype == dtype


def test_strides_do_not_matter():
    z = RNG.normal(size=(80, 1200)).T[::2, ::-2]
    np.testing.assert_array_equal(row_max(z), z.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(row_sums(z), z.sum(axis=-1, keepdims=True))
    several = RNG.normal(size=(3, 500, 7)).transpose(1, 0, 2)
    np.testing.assert_array_equal(row_max(several), several.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(row_sums(several), several.sum(axis=-1, keepdims=True))


def test_nan_and_infinity_affect_only_their_row():
    z = RNG.normal(size=(1000, 10))
    z[3, 4], z[5, 6] = np.nan, np.inf
    for found in (row_max(z), row_sums(z)):
        assert np.flatnonzero(np.isnan(found)).tolist() == [3]
        assert np.flatnonzero(np.isinf(found)).tolist() == [5]


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
