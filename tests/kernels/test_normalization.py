"""Means over the last axes against NumPy's own."""

import numpy as np
import pytest

from minidl.kernels.normalization import mean_over


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
