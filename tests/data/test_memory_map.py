"""The operating system is told in which order a memory map is read."""

import mmap
import sys

import numpy as np

from minidl.data import ArrayBatches, as_data
from minidl.data.memory_map import advise_order


def test_the_operating_system_is_advised_for_any_view_of_a_memory_map(tmp_path, monkeypatch):
    told = []
    base = type("Map", (mmap.mmap,), {"madvise": lambda self, option: told.append(option)})

    monkeypatch.setattr(mmap, "mmap", base)
    x = np.memmap(tmp_path / "x", np.float32, "w+", shape=(6, 2))
    list(ArrayBatches(as_data(np.asarray(x)[1:]), 2, np.random.default_rng(0)))
    list(ArrayBatches(as_data(x), 2))
    assert told == [mmap.MADV_RANDOM, mmap.MADV_NORMAL]


def test_no_order_is_advised_for_data_in_memory(monkeypatch):
    monkeypatch.setitem(sys.modules, "mmap", None)  # importing it would be an error
    for array in (np.ones(3), np.ones((4, 2))[1:]):
        assert advise_order(array, scattered=True) is None


def test_rows_of_a_map_are_the_same_in_any_order(tmp_path):
    x = np.memmap(tmp_path / "x", np.int64, "w+", shape=(5000, 3))
    x[:] = np.arange(15000).reshape(5000, 3)
    for generator in (np.random.default_rng(0), None):
        rows = np.concatenate(list(ArrayBatches(as_data(x), 64, generator)))
        np.testing.assert_array_equal(rows[np.argsort(rows[:, 0])], np.arange(15000).reshape(5000, 3))
