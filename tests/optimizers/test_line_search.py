"""Steps of the line search satisfy the strong Wolfe conditions, and no process-wide state is touched."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl.optimizers.line_search import wolfe_step


def check(function, slope):
    looked = []

    def look(step):
        looked.append(step)
        return function(step), slope(step)

    step = wolfe_step(look)
    assert step is not None
    assert function(step) <= function(0.0) + 1e-4 * step * slope(0.0) + 1e-12
    assert abs(slope(step)) <= 0.9 * abs(slope(0.0)) + 1e-12
    assert len(set(looked)) <= 20
    return step


@given(st.floats(1e-3, 300), st.floats(0.1, 10), st.floats(0, 0.9), st.floats(0.1, 3))
def test_a_step_decreases_the_loss_enough_and_is_flat_enough(bottom, height, wave, frequency):
    width = frequency / max(bottom, 1.0)

    def function(step):
        return height * ((step - bottom) ** 2 + wave * math.sin(width * step))

    def slope(step):
        return height * (2 * (step - bottom) + wave * width * math.cos(width * step))

    if slope(0.0) < 0:
        check(function, slope)


@pytest.mark.parametrize("edge", [0.9, 0.3, 0.01])
def test_a_loss_that_is_infinite_far_away_is_searched_nearer(edge):
    step = check(
        lambda step: (step - edge / 2) ** 2 if step < edge else math.inf,
        lambda step: 2 * (step - edge / 2) if step < edge else 0.0,
    )
    assert step < edge


def test_a_loss_that_falls_without_end_has_no_step():
    assert wolfe_step(lambda step: (-step, -1.0)) is None


def test_a_function_that_is_higher_everywhere_has_no_step():
    assert wolfe_step(lambda step: (0.0 if step == 0 else np.inf, -1.0 if step == 0 else 0.0)) is None
