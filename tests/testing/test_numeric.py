"""The numerical gradient check finds errors above its tolerance."""

import numpy as np
import pytest
from hypothesis import given

from minidl.testing import check_gradient, strategies


def cubes(x):
    return float((x**3).sum())


@given(strategies.arrays((3, 2)))
def test_a_right_gradient_passes_and_is_far_above_the_tolerance(x):
    assert check_gradient("x", lambda: cubes(x), x, 3 * x**2) > 1e5


@given(strategies.arrays((3, 2)))
def test_an_error_of_a_hundred_thousandth_is_found(x):
    wrong = 3 * x**2
    wrong[1, 1] += 1e-5 * np.linalg.norm(wrong)
    with pytest.raises(AssertionError, match=r"index \(1, 1\)"):
        check_gradient("x", lambda: cubes(x), x, wrong)


def test_the_array_is_restored_also_when_the_function_fails():
    x = np.ones(3)
    with pytest.raises(ZeroDivisionError):
        check_gradient("x", lambda: 1 / 0, x, np.ones(3))
    np.testing.assert_array_equal(x, np.ones(3))


def test_a_kink_near_x_does_not_matter():
    x = np.array([3e-6, -3e-6, 1.0])
    check_gradient("x", lambda: float(np.abs(x).sum()), x, np.sign(x))


def test_a_gradient_of_zero_has_ratio_zero():
    x = np.ones(3)
    assert check_gradient("x", lambda: 1.0, x, np.zeros(3)) == 0


@pytest.mark.parametrize("wrong", [None, 1.0, np.ones(2), np.full(3, np.nan)])
def test_anything_but_a_gradient_raises_an_error(wrong):
    x = np.ones(3)
    with pytest.raises(AssertionError, match="gradient"):
        check_gradient("x", lambda: cubes(x), x, wrong)
