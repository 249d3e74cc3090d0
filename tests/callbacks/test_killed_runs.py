"""A training that is killed at any moment and started again ends with the bits of an uninterrupted one."""

import pytest

from tests.callbacks.killed_runs import compare_with_killed_runs


@pytest.mark.parametrize("number", range(4))
def test_a_killed_training_run_ends_with_the_same_bits(number, tmp_path):
    compare_with_killed_runs(number, tmp_path, kills=2)


@pytest.mark.thorough
def test_two_hundred_kills_change_no_bit(tmp_path):
    killed, number = 0, 100
    while killed < 200:
        folder = tmp_path / str(number)
        folder.mkdir()
        killed += compare_with_killed_runs(number, folder, kills=3)
        number += 1
