"""Sums and maxima over positions against NumPy's own."""

import numpy as np
import pytest

from minidl.kernels.positions import at_positions, max_over_positions, sum_over_positions


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
