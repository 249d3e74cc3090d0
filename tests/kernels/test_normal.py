"""The normal distribution against SciPy, and arithmetic in pieces against the same at once."""

import numpy as np
import pytest
from scipy import special, stats

from minidl.kernels.activations.gelu import gelu, gelu_backward
from minidl.kernels.chunks import CHUNK, in_chunks
from minidl.kernels.normal import erf, normal_density, normal_probability


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 5e-7), ("float64", 1e-15)])
def test_probability_and_density_equal_scipys_also_in_the_tails(dtype, tolerance):
    x = np.concatenate([np.linspace(-7, 7, 20001), [-1e30, -1e-30, 0, 1e-30, 1e30]]).astype(dtype)
    with np.errstate(over="ignore"):
        found = normal_probability(x), normal_density(x)
    for mine, scipys in zip(found, (stats.norm.cdf, stats.norm.pdf), strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine, scipys(x.astype("float64")), rtol=0, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 6e-7), ("float64", 1e-15)])
def test_error_function_equals_scipys_near_zero_too(dtype, tolerance):
    x = np.concatenate([np.linspace(-5, 5, 20001), np.geomspace(1e-30, 1, 100), [0, -1e30, np.inf, -np.inf]]).astype(dtype)
    y = erf(x)
    assert y.dtype == dtype
    assert np.abs(y).max() == 1
    np.testing.assert_allclose(y, special.erf(x.astype("float64")), rtol=tolerance, atol=0)
    assert np.isnan(erf(np.array([np.nan], dtype))).all()


@pytest.mark.parametrize("approximate", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_of_many_is_that_of_a_few_at_a_time_in_any_order_of_memory(approximate, dtype):
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 300, 500)).astype(dtype)
    many, back = gelu(x.T, approximate), gelu_backward(dy.T, x.T, None, approximate)
    assert x.size > 4 * CHUNK
    # An element's last bits depend on whether it is computed within a vector register or at the end of a piece.
    close = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-14}
    for row in (0, 123, 499):
        np.testing.assert_allclose(many[row], gelu(x[:, row], approximate), **close)
        np.testing.assert_allclose(back[row], gelu_backward(dy[:, row], x[:, row], None, approximate), **close)


@pytest.mark.parametrize("size", [0, 1, 2 * CHUNK, 2 * CHUNK + 1, 3 * CHUNK])
def test_chunks_cover_all_elements(size):
    one, other = np.arange(size, dtype="float64"), np.ones(size)
    y = in_chunks(np.subtract, one, other)
    np.testing.assert_array_equal(y, np.arange(-1, size - 1))
