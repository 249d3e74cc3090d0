"""A weight that does not fit into the free memory raises an error before it is allocated."""

import pytest

from minidl.config.memory import check_memory, free_memory, total_memory


def test_less_memory_is_free_than_there_is():
    free, total = free_memory(), total_memory()
    assert free is None or total is None or 0 < free <= total


def test_a_weight_of_twice_the_free_memory_raises_an_error_with_both_sizes():
    free = free_memory() or 1 << 50
    with pytest.raises(
        MemoryError, match=r"Dense needs .*B for its kernel of shape \(\d+, 4\) .* but only .*B of memory are free; make"
    ):
        check_memory("Dense", "kernel", (free // 16, 4), 4)


def test_a_weight_of_a_thousandth_is_allowed():
    check_memory("Dense", "kernel", ((free_memory() or 1 << 30) // 8000,), 4)
