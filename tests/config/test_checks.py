"""Checks of constructor arguments: what counts as an integer and as a number."""

import numpy as np
import pytest

from minidl.config.checks import as_tuple, check_positive_integer, check_real, is_integer, is_number


@pytest.mark.parametrize("value", [0, -3, 7, np.int64(5), np.uint8(2)])
def test_python_and_numpy_integers_are_integers_and_numbers(value):
    assert is_integer(value)
    assert is_number(value)


@pytest.mark.parametrize("value", [True, np.bool_(True), 1.0, np.float32(2), "3", None, [1]])
def test_booleans_floats_and_other_objects_are_not_integers(value):
    assert not is_integer(value)


def test_least_bounds_an_integer_from_below():
    assert is_integer(0, least=0)
    assert not is_integer(-1, least=0)


def test_positive_integers_and_bounded_numbers_are_checked():
    assert check_positive_integer("L", "n", np.int32(4)) == 4
    assert check_real("L", "rate", np.float32(0.5), 0, 1) == 0.5
    for wrong in (0, 1.5, True, None):
        with pytest.raises(ValueError, match="L expects n to be a positive integer"):
            check_positive_integer("L", "n", wrong)
    for wrong in (-0.1, 1.1, True, "1", float("nan")):
        with pytest.raises(ValueError, match=r"L expects rate to be a number in \[0, 1\]"):
            check_real("L", "rate", wrong, 0, 1)


def test_one_value_becomes_a_tuple_of_one():
    assert as_tuple([1, 2]) == as_tuple((1, 2)) == (1, 2)
    assert as_tuple("ab") == ("ab",)
