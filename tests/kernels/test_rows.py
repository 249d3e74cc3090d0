"""The largest number and the sum of every row, short and long, beside NumPy's own."""

import numpy as np
import pytest

from minidl.kernels.rows import largest, totals

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("numbers", [1, 2, 10, 64, 65, 200])
@pytest.mark.parametrize("rows", [(1,), (31,), (32,), (5, 20), (511,), (512,), (0,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_row_gets_its_own(rows, numbers, dtype):
    z = RNG.normal(size=(*rows, numbers)).astype(dtype)
    np.testing.assert_array_equal(largest(z), z.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(totals(z), z.sum(axis=-1, keepdims=True), rtol=1e-5, atol=1e-5)
    assert largest(z).dtype == totals(z).dtype == dtype


def test_strides_do_not_matter():
    z = RNG.normal(size=(80, 1200)).T[::2, ::-2]
    np.testing.assert_array_equal(largest(z), z.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(totals(z), z.sum(axis=-1, keepdims=True))
    several = RNG.normal(size=(3, 500, 7)).transpose(1, 0, 2)
    np.testing.assert_array_equal(largest(several), several.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(totals(several), several.sum(axis=-1, keepdims=True))


def test_a_row_that_holds_no_number_stays_alone():
    z = RNG.normal(size=(1000, 10))
    z[3, 4], z[5, 6] = np.nan, np.inf
    for found in (largest(z), totals(z)):
        assert np.flatnonzero(np.isnan(found)).tolist() == [3]
        assert np.flatnonzero(np.isinf(found)).tolist() == [5]
