"""Data becomes batches: every row once, views where they suffice, checks that name the place."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from minidl.config.nest import unpack
from minidl.data import ArrayBatches, as_data, check_finite, split_rows


@given(rows=st.integers(1, 40), size=st.integers(1, 50), shuffled=st.booleans())
def test_every_row_occurs_once_in_batches_of_the_requested_size(rows, size, shuffled):
    batches = ArrayBatches(as_data(np.arange(rows)), size, np.random.default_rng(0) if shuffled else None)
    seen = list(batches)
    assert len(seen) == batches.steps
    assert [len(batch) for batch in seen[:-1]] == [size] * (len(seen) - 1)
    joined = np.concatenate(seen)
    assert sorted(joined) == list(range(rows))
    assert shuffled or list(joined) == list(range(rows))


def test_rows_in_order_are_views_and_shuffled_rows_stay_together():
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    first = next(iter(ArrayBatches(as_data(x, y), 4)))
    assert np.shares_memory(first[0], x)
    for xs, ys in ArrayBatches(as_data(x, y), 3, np.random.default_rng(0)):
        np.testing.assert_array_equal(xs[:, 0], 2 * ys)


def test_several_inputs_and_targets_are_split_in_the_same_way():
    data = as_data({"a": np.arange(6), "b": np.arange(6.0)}, [np.arange(6), np.arange(6)])
    x, y = data.rows(slice(1, 3)).as_batch()
    assert x["a"].tolist() == x["b"].tolist() == y[0].tolist() == [1, 2]


def test_sparse_rows_become_dense_a_batch_at_a_time():
    matrix = scipy.sparse.random(10, 4, density=0.5, format="coo", random_state=0)
    data = as_data(matrix)
    assert not isinstance(data.x, np.ndarray)
    np.testing.assert_array_equal(np.concatenate(list(ArrayBatches(data, 3))), matrix.toarray())


def test_validation_rows_are_split_off_at_the_end():
    first, last = split_rows(as_data(np.arange(10), np.arange(10)), 0.3)
    assert (first.x.tolist(), last.y.tolist()) == (list(range(7)), [7, 8, 9])


def test_large_finite_numbers_are_not_infinite():
    check_finite(as_data(np.full((4, 2), 3e38, np.float32)).parts())
    with pytest.raises(ValueError, match=r"x holds inf at row 2, column 1"):
        check_finite(as_data(np.where(np.arange(8).reshape(4, 2) == 5, np.inf, 1.0)).parts())
    with pytest.raises(ValueError, match="x holds nan"):
        check_finite(as_data(scipy.sparse.csr_matrix([[0.0, np.nan]])).parts())


def test_tuples_of_one_to_three_are_batches():
    assert unpack((1,)) == (1, None, None)
    assert unpack((1, 2)) == (1, 2, None)
    with pytest.raises(ValueError, match="tuple of 4"):
        unpack((1, 2, 3, 4))


def test_dates_and_scalars_raise_an_error():
    with pytest.raises(TypeError, match="dates"):
        as_data(np.array(["2020-01-01"], dtype="datetime64[D]"))
    with pytest.raises(ValueError, match="single value"):
        as_data(3.0)


def test_frames_of_several_number_types_are_numbers():
    table = pd.DataFrame({"size": [1.5, 2.5], "sold": [True, False], "rooms": pd.array([3, None], "Int64")})
    np.testing.assert_array_equal(as_data(table).x, [[1.5, 1.0, 3.0], [2.5, 0.0, np.nan]])
    np.testing.assert_array_equal(as_data(table["rooms"]).x, [3.0, np.nan])
    with pytest.raises(TypeError, match=r"'town' \(text\).*get_dummies.*StringLookup"):
        as_data(table.assign(town=["Ulm", "Bonn"]))


def test_sparse_targets_become_dense():
    y = scipy.sparse.csr_array(np.eye(3))
    np.testing.assert_array_equal(as_data(np.ones((3, 2)), y).y, np.eye(3))


def test_validation_split_may_be_a_numpy_number():
    assert len(split_rows(as_data(np.ones((8, 1))), np.float32(0.25))[1]) == 2
