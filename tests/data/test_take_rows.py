"""Rows of arrays of every memory layout."""

import time

import numpy as np
import pytest

from minidl.data import ArrayBatches, ArrayData
from minidl.data.take_rows import take_rows

ROWS = np.arange(60.0).reshape(12, 5)
UNALIGNED = np.frombuffer(b"x" + ROWS.tobytes(), "u1")[1:].view("f8").reshape(12, 5)
LAYOUTS = {
    "contiguous": ROWS,
    "transposed": np.asfortranarray(ROWS),
    "without the last column": ROWS[:, :-1],
    "reversed": ROWS[::-1],
    "every second row": ROWS[::2],
    "one column": ROWS[:, 2],
    "other byte order": ROWS.astype(">f8"),
    "unaligned": UNALIGNED,
    "read-only": np.broadcast_to(ROWS[0], (12, 5)),
    "of columns without rows": ROWS[:, :0],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("numbers", [[], [3], [5, 0, 5, 2]])
def test_rows_are_those_of_an_index_and_a_copy(layout, numbers):
    array, numbers = LAYOUTS[layout], np.array(numbers, int)
    taken = take_rows(array, numbers)
    np.testing.assert_array_equal(taken, array[numbers])
    assert not np.shares_memory(taken, array)


@pytest.mark.parametrize("layout", ["transposed", "without the last column", "every second row"])
def test_a_batch_takes_no_longer_because_there_are_more_rows(layout):
    made = {
        "transposed": lambda rows: np.zeros((40, rows), "float32").T,
        "without the last column": lambda rows: np.zeros((rows, 41), "float32")[:, :-1],
        "every second row": lambda rows: np.zeros((2 * rows, 40), "float32")[::2],
    }[layout]

    def seconds(rows):
        batches = iter(ArrayBatches(ArrayData(made(rows), np.zeros(rows)), 32, np.random.default_rng(0)))
        next(batches)
        times = []
        for _ in range(9):
            start = time.perf_counter()
            next(batches)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(200_000) < 50 * seconds(1_000) + 1e-3  # copying all rows took 200 times as long
