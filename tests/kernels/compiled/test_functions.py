"""`exp`, `tanh` and `sigmoid` of compiled loops in float32: their error over the whole range, limits, NaN and signed zeros."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def computed():
    """A function from float32 numbers to `exp`, `tanh` and `sigmoid` of them."""
    numba = pytest.importorskip("numba")  # the extra `test` installs it
    from minidl.kernels.compiled.functions import exp, sigmoid, tanh

    @numba.njit(error_model="numpy")
    def all_of(x, e, t, s):
        for k in range(x.size):
            e[k], t[k], s[k] = exp(x[k]), tanh(x[k]), sigmoid(x[k])

    def compute(x):
        results = [np.empty_like(x) for _ in range(3)]
        all_of(x, *results)
        return results

    return compute


def test_errors_are_a_few_units_in_the_last_place(computed):
    x = np.linspace(-12, 12, 200_001, dtype="float32")
    e, t, s = computed(x)
    exact = x.astype("float64")
    np.testing.assert_allclose(e, np.exp(exact), rtol=2.4e-7)
    np.testing.assert_allclose(t, np.tanh(exact), rtol=6e-7)
    np.testing.assert_allclose(s, 1 / (1 + np.exp(-exact)), rtol=0, atol=3e-7)
    assert np.abs(t).max() == 1


def test_limits_are_exact(computed):
    x = np.array([0.0, -0.0, 100, -200, 3e38, -3e38, np.inf, -np.inf, np.nan, 1e-38, -1e-38], "float32")
    e, t, s = computed(x)
    np.testing.assert_array_equal(e[3:], [0, np.inf, 0, np.inf, 0, np.nan, 1, 1])
    np.testing.assert_array_equal(t[:9], [0, 0, 1, -1, 1, -1, 1, -1, np.nan])
    np.testing.assert_array_equal(np.signbit(t[:2]), [False, True])
    np.testing.assert_allclose(t[9:], x[9:], rtol=1e-6)
    np.testing.assert_array_equal(s, [0.5, 0.5, 1, 0, 1, 0, 1, 0, np.nan, 0.5, 0.5])
