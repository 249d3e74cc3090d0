"""`LeakyReLU` and `ELU`: their two sides, and errors."""

import numpy as np
import pytest

from minidl.layers import ELU, LeakyReLU


@pytest.mark.parametrize("slope", [0, 0.3, 1, 2.5])
def test_a_leaky_unit_has_its_slope_below_zero(slope, rng, check_gradients):
    x = rng.standard_normal((4, 5))
    np.testing.assert_allclose(LeakyReLU(slope, dtype="float64")(x), np.where(x > 0, x, slope * x))
    check_gradients(LeakyReLU(slope, dtype="float64"), x)


@pytest.mark.parametrize("alpha", [0, 0.4, 1, -2])
def test_an_exponential_unit_approaches_minus_alpha(alpha, rng, check_gradients):
    x = rng.standard_normal((4, 5))
    layer = ELU(alpha, dtype="float64")
    np.testing.assert_allclose(layer(x), np.where(x > 0, x, alpha * (np.exp(x) - 1)))
    np.testing.assert_allclose(layer([[-1e4]]), [[-alpha]])
    check_gradients(layer, x)


@pytest.mark.parametrize("slope", [-0.1, None, "steep", float("nan"), True])
def test_a_slope_that_is_not_a_number_of_at_least_zero_raises_an_error(slope):
    with pytest.raises(ValueError, match=rf"LeakyReLU expects negative_slope to be a number of at least 0, got {slope!r}"):
        LeakyReLU(slope)


def test_the_old_name_of_the_slope_is_accepted_with_a_warning():
    with pytest.warns(UserWarning, match=r"LeakyReLU\(alpha=...\) .* write negative_slope"):
        assert LeakyReLU(alpha=0.1).negative_slope == 0.1


@pytest.mark.parametrize("alpha", [None, "deep", float("nan")])
def test_an_alpha_that_is_not_a_number_raises_an_error(alpha):
    with pytest.raises(ValueError, match="ELU expects alpha to be a "):
        ELU(alpha)
