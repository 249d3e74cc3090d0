"""Rows added to those of a table, against `np.add.at`."""

import numpy as np
import pytest

from minidl.kernels.add_rows import add_rows


@pytest.mark.parametrize("entries", [1, 3, 40, 5000])  # all equal, many equal, some equal, nearly all different
@pytest.mark.parametrize("count", [0, 1, 50])
@pytest.mark.parametrize("width", [0, 1, 5])
def test_equal_ids_add_up(entries, count, width):
    rng = np.random.default_rng(0)
    ids, rows, table = rng.integers(0, entries, count), rng.normal(size=(count, width)), rng.normal(size=(entries, width))
    expected, given = table.copy(), rows.copy()
    np.add.at(expected, ids, rows)
    add_rows(table, ids, rows)
    np.testing.assert_allclose(table, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(rows, given)


def test_nan_and_infinity_affect_only_their_row():
    table, rows = np.zeros((4, 2)), np.ones((6, 2))
    rows[0, 0], rows[4, 1] = np.nan, np.inf
    add_rows(table, np.array([3, 1, 1, 2, 2, 2]), rows)
    np.testing.assert_array_equal(table, [[0, 0], [2, 2], [3, np.inf], [np.nan, 1]])
