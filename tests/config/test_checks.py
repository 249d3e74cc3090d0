"""Checks of constructor arguments: what counts as an integer, a size, a shape, a choice."""

import numpy as np
import pytest

from minidl.config.checks import (
    as_tuple,
    check_choice,
    check_positive_integer,
    check_real,
    check_shape,
    check_sizes,
    is_integer,
    is_number,
)


@pytest.mark.parametrize("value", [0, -3, 7, np.int64(5), np.uint8(2)])
def test_python_and_numpy_integers_are_integers_and_numbers(value):
    assert is_integer(value)
    assert is_number(value)


@pytest.mark.parametrize("value", [True, np.bool_(True), 1.0, np.float32(2), "3", None, [1]])
def test_booleans_floats_and_other_objects_are_no_integers(value):
    assert not is_integer(value)


def test_least_bounds_an_integer_from_below():
    assert is_integer(0, least=0)
    assert not is_integer(-1, least=0)


def test_sizes_are_one_for_all_axes_or_one_for_each():
    assert check_sizes("L", "size", 3, 2) == (3, 3)
    assert check_sizes("L", "size", [2, np.int64(1)], 2) == (2, 1)
    assert check_sizes("L", "size", 0, 1, least=0) == (0,)


@pytest.mark.parametrize("value", [0, -1, (1,), (1, 2, 3), (1, 2.0), True, None, "2"])
def test_other_sizes_raise_an_error_that_names_owner_and_argument(value):
    with pytest.raises(ValueError, match="L expects size to be an integer, or a tuple of 2, at least 1, got"):
        check_sizes("L", "size", value, 2)


def test_shapes_hold_positive_integers_or_none():
    assert check_shape("L", "shape", [3, None, np.int64(2)]) == (3, None, 2)
    for wrong in ([0], [1.5], [True], [-1, None]):
        with pytest.raises(ValueError, match="L expects shape to hold positive integers or None"):
            check_shape("L", "shape", wrong)


def test_choices_are_found_in_any_case():
    assert check_choice("L", "padding", "SAME", ("valid", "same")) == "same"
    with pytest.raises(ValueError, match="L expects padding to be one of 'valid', 'same', got 'full'"):
        check_choice("L", "padding", "full", ("valid", "same"))


def test_positive_integers_and_bounded_numbers():
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
