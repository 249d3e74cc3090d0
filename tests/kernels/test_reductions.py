"""Maxima and sums of rows, columns and products against NumPy's own."""

import numpy as np
import pytest

from minidl.kernels.reductions import (
    at_positions,
    column_sums,
    max_over_positions,
    mean_of_product,
    row_max,
    row_sums,
    sum_of_product,
    sum_over_positions,
)

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


@pytest.mark.parametrize("shape", [(2, 1, 3), (0, 4, 3), (3, 2, 1), (2, 7, 5), (4, 64, 16), (1, 9001, 2)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_and_maxima_over_positions_are_those_of_numpy_and_new_arrays(shape, dtype):
    rows = np.random.default_rng(0).normal(size=shape).astype(dtype)
    for x in (rows, rows[:, ::-1], np.asfortranarray(rows)):
        sums, largest = sum_over_positions(x), max_over_positions(x)
        assert sums.dtype == largest.dtype == dtype
        np.testing.assert_allclose(sums, x.sum(axis=1), rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-4)
        np.testing.assert_array_equal(largest, x.max(axis=1))
        assert not np.shares_memory(largest, x)
        np.testing.assert_array_equal(at_positions(largest, 3), np.broadcast_to(largest[:, np.newaxis], (len(x), 3, shape[2])))


@pytest.mark.parametrize("position", range(7))
def test_nan_and_infinity_at_any_position_affect_only_their_channel(position):
    for reduce in (sum_over_positions, max_over_positions):
        rows = np.zeros((2, 7, 3))
        rows[0, position, 1], rows[1, position, 2] = np.nan, np.inf
        np.testing.assert_array_equal(reduce(rows), [[0, np.nan, 0], [0, 0, np.inf]])
