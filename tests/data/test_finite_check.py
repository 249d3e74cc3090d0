"""NaN and infinity are found in chunks, at any position."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from minidl.data import check_finite
from minidl.data.finite_check import first_not_finite


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    piece=st.integers(1, 30),
    places=st.lists(st.integers(0, 124), max_size=3),
)
def test_the_first_nonfinite_value_is_found_in_pieces_of_any_size(shape, piece, places):
    array = np.ones(shape)
    chosen = sorted({place % array.size for place in places})
    array.reshape(-1)[chosen] = np.nan
    assert first_not_finite(array, piece) == (tuple(np.argwhere(np.isnan(array))[0].tolist()) if chosen else None)


@given(seed=st.integers(0, 20), piece=st.integers(1, 9), kind=st.sampled_from(["matrix", "array"]))
def test_a_sparse_matrix_is_checked_without_making_it_dense(seed, piece, kind):
    matrix = scipy.sparse.random(6, 5, 0.4, format="csr", random_state=seed)
    matrix = matrix if kind == "matrix" else scipy.sparse.csr_array(matrix)
    number = seed % matrix.nnz
    matrix.data[number] = np.inf
    found = first_not_finite(matrix, piece)
    assert not np.isfinite(matrix[found])
    assert first_not_finite(scipy.sparse.csr_matrix((3, 4))) is None


def test_no_copy_of_the_data_is_made():
    array = np.ones((400, 4096, 8), np.float32)  # 52 MB
    array[-1, -1, -1] = np.nan
    tracemalloc.start()
    place = first_not_finite(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert place == (399, 4095, 7)
    assert peak < array.nbytes / 4


def test_integers_and_empty_arrays_are_finite():
    check_finite({"x": [np.arange(3), np.zeros((0, 2)), None], "y": np.array(["a"])})
    with pytest.raises(ValueError, match="y holds -inf at row 1: .* leave out rows"):
        check_finite({"x": np.ones(2), "y": np.array([0, -np.inf])})
