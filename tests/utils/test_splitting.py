"""Data sets split in two: every row once, in the form they came in."""

import numpy as np
import pandas
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from minidl.utils import split_dataset

X, Y = np.arange(20).reshape(10, 2), np.arange(10)


@given(rows=st.integers(3, 40), left=st.integers(1, 2), shuffle=st.booleans())
def test_every_row_occurs_once(rows, left, shuffle):
    one, other = split_dataset(np.arange(rows), left, shuffle=shuffle, seed=0)
    assert len(one) == left
    assert sorted([*one, *other]) == list(range(rows))
    assert shuffle or [*one, *other] == list(range(rows))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((0.8, None), (8, 2)),
        ((None, 0.25), (8, 2)),
        ((3, None), (3, 7)),
        ((3, 4), (3, 4)),
        ((0.5, 2), (5, 2)),
        ((0.34, 0.5), (3, 5)),
    ],
)
def test_sizes_are_fractions_or_numbers(sizes, expected):
    (x, y), (x_rest, y_rest) = split_dataset((X, Y), *sizes)
    assert (len(x), len(x_rest)) == expected
    np.testing.assert_array_equal(x[:, 0], 2 * y)
    assert y_rest.tolist() == list(range(10))[10 - expected[1] :]
    assert np.shares_memory(x, X)


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_data_structure_is_kept(shuffle):
    frame, matrix = pandas.DataFrame(X, columns=["a", "b"]), scipy.sparse.coo_matrix(X)
    one, other = split_dataset({"frame": frame, "matrix": matrix, "y": Y}, right_size=3, shuffle=shuffle)
    assert list(one["frame"].columns) == ["a", "b"]
    assert (other["matrix"].shape, other["y"].shape) == ((3, 2), (3,))
    np.testing.assert_array_equal(one["frame"]["a"].to_numpy(), 2 * one["y"])
    np.testing.assert_array_equal(one["matrix"].toarray()[:, 0], 2 * one["y"])
    assert split_dataset(iter("abcd"), 3) == (["a", "b", "c"], ["d"])
    examples = [(X[i], Y[i]) for i in range(10)]
    left, right = split_dataset(examples, 0.5, shuffle=shuffle, seed=1)
    assert sorted(int(y) for _, y in left + right) == list(range(10))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((None, None), "left_size or right_size, or both"),
        ((0, None), "left_size to be a fraction in .* got 0"),
        ((1.5, None), "got 1.5"),
        ((None, 10), "right_size .* below 10, got 10"),
        ((0.7, 0.7), "cannot take 7 and 7 of 10 rows"),
        ((0.01, None), "cannot take 0 and 10 of 10 rows"),
    ],
)
def test_sizes_that_do_not_fit_raise_an_error(sizes, message):
    with pytest.raises(ValueError, match=message):
        split_dataset(X, *sizes)


def test_arrays_of_different_lengths_raise_an_error():
    with pytest.raises(ValueError, match="the same number of rows, got 9 and 10"):
        split_dataset((X, Y[:9]), 0.5)
