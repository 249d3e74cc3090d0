"""Merging layers refuse what does not fit, in sentences that name the layer, what came and what was expected."""

import re

import numpy as np
import pytest

from minidl.layers import Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract

KINDS = [Add, Average, Maximum, Minimum, Multiply, Subtract, Concatenate, lambda **k: Dot(-1, **k)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ((2, 3), r"expects a list of (two )?inputs, got one of shape \(2, 3\); call it on \[a, b\]"),
        ([(2, 3, 4), (2, 5, 6)], r"expects .* got .*\[\(2, 3, 4\), \(2, 5, 6\)\]; (give|make|choose)"),
        ([(2, 3), (4, 3)], r"expects .* got shapes \[\(2, 3\), \(4, 3\)\]"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error_by_name(kind, shapes, expected):
    layer = kind(name="inner")
    arrays = np.ones(shapes) if isinstance(shapes, tuple) else [np.ones(shape) for shape in shapes]
    with pytest.raises(ValueError, match=f'{re.escape(type(layer).__name__)} "inner" {expected}'):
        layer(arrays)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", [[], (), {}])
def test_an_empty_list_raises_an_error_that_says_so(kind, nothing):
    layer = kind(name="inner")
    expected = r'"inner" expects a list of (two )?inputs, got an empty one; call it on \[a, b\]'
    with pytest.raises(ValueError, match=f"{re.escape(type(layer).__name__)} {expected}"):
        layer(nothing)


@pytest.mark.parametrize("kind", KINDS)
def test_none_among_the_inputs_raises_an_error_that_says_so(kind):
    with pytest.raises(ValueError, match="got None as one of them; leave it out"):
        kind()([np.ones((2, 3)), None])


def test_subtract_takes_two_inputs():
    with pytest.raises(ValueError, match=r'Subtract "inner" expects exactly two inputs, got 3'):
        Subtract(name="inner")([np.ones((2, 3))] * 3)
