"""The hypothesis strategies generate what they document."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl.testing import strategies


@given(strategies.arrays(strategies.shapes(), kinks=(0.0, 1.0), margin=0.2, low=-1.0, high=3.0))
def test_arrays_keep_away_from_kinks(x):
    assert ((x >= -1) & (x <= 3)).all()
    assert (np.abs(x) >= 0.2 - 1e-12).all()
    assert (np.abs(x - 1) >= 0.2 - 1e-12).all()


def test_margins_that_leave_nothing_raise_an_error():
    with pytest.raises(ValueError, match="away from the kinks"):
        strategies.arrays((2,), margin=3.0)


@given(strategies.shapes(3, 4, max_size=5, last=2, min_batch=1))
def test_shapes_are_within_their_bounds(shape):
    assert 3 <= len(shape) <= 4
    assert shape[-1] == 2
    assert all(1 <= size <= 5 for size in shape)


@given(strategies.probabilities((3, 4)), strategies.one_hot_rows((3, 4)), strategies.masks((3, 4)))
def test_strategies_of_rows_give_valid_rows(probabilities, one_hot, mask):
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1)
    assert set(one_hot.ravel()) <= {0.0, 1.0}
    np.testing.assert_array_equal(one_hot.sum(axis=-1), 1)
    assert mask.dtype == bool
    assert mask.any(axis=1).all()


@given(strategies.several(st.just((2, 3)), 3))
def test_several_inputs_have_one_shape(shapes):
    assert shapes == [(2, 3)] * 3
