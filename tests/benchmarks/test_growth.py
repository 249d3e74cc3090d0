"""Exponents, and what the arithmetic of a step is."""

import pytest

from tests.benchmarks import growth


def test_exponent_of_a_power_is_that_power():
    sizes = [8.0, 16.0, 64.0, 4096.0]
    assert growth.exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)


def test_operations_of_a_small_step_equal_the_count_on_paper():
    # products per row: 784*2 + 2*2 + 2*10 forward, twice as many back, less the 784*2 of the images' gradient
    assert growth.operations(1, 2) == 2 * (3 * (784 * 2 + 2 * 2 + 2 * 10) - 784 * 2)
    assert growth.operations(7, 2) == 7 * growth.operations(1, 2)


def test_time_may_grow_at_most_a_tenth_faster_than_the_arithmetic():
    sizes, work = [8.0, 16.0, 32.0, 64.0], [8, 16, 32, 64]
    assert growth.compare("batch", sizes, [size**1.09 for size in sizes], work)["met"]
    slow = growth.compare("batch", sizes, [size**1.2 for size in sizes], work)
    assert not slow["met"]
    assert "batch^1.20, the arithmetic like ^1.00" in growth.sentence(slow)
    assert growth.sentence(slow).endswith("not met")


def test_steep_growth_at_large_sizes_is_not_hidden_by_small_ones():
    sizes, work = [8.0, 16.0, 32.0, 64.0], [8, 16, 32, 64]
    bent = growth.compare("batch", sizes, [1.0, 1.0, 1.0, 4.0], work)
    assert bent["exponent"] < 1
    assert not bent["met"]


def test_a_learner_reports_seconds_per_step():
    assert 0 < growth.learner(8, 4, duration=0.001)() < 1


def test_the_plot_is_drawn(tmp_path):
    found = growth.compare("width", [1.0, 2.0, 4.0, 8.0], [1e-3, 2e-3, 4e-3, 8e-3], [1, 2, 4, 8])
    growth.plot([found, found], tmp_path / "growth.svg")
    assert (tmp_path / "growth.svg").read_text(encoding="utf-8").count("minidl") >= 1
