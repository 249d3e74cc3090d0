"""Decay schedules: exponential, inverse time, polynomial and piecewise constant."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from minidl.config.checks import check_positive_integer, check_real
from minidl.optimizers.schedules.schedule import NumberSchedule


class ExponentialDecay(NumberSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0, at least 0.
        decay_steps: steps after which the rate has been multiplied by `decay_rate` once.
        decay_rate: the factor, at least 0.
        staircase: whether it stays the same for `decay_steps` steps and then jumps.
        name: an optional name.
    Example:
        >>> ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)(200)
        0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = check_real("ExponentialDecay", "initial_learning_rate", initial_learning_rate, low=0.0)
        self.decay_steps = check_steps("ExponentialDecay", "decay_steps", decay_steps)
        self.decay_rate = check_real("ExponentialDecay", "decay_rate", decay_rate, low=0.0)
        self.staircase, self.name = staircase, name

    def at(self, step: float) -> float:
        times = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (math.floor(times) if self.staircase else times)


class InverseTimeDecay(NumberSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0, at least 0.
        decay_steps: steps in which the divisor increases by `decay_rate`.
        decay_rate: a number of at least 0.
        staircase: whether it stays the same for `decay_steps` steps and then jumps.
        name: an optional name.
    Example:
        >>> InverseTimeDecay(0.1, decay_steps=100, decay_rate=1.0)(100)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = check_real("InverseTimeDecay", "initial_learning_rate", initial_learning_rate, low=0.0)
        self.decay_steps = check_steps("InverseTimeDecay", "decay_steps", decay_steps)
        self.decay_rate = check_real("InverseTimeDecay", "decay_rate", decay_rate, low=0.0)
        self.staircase, self.name = staircase, name

    def at(self, step: float) -> float:
        times = step / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (math.floor(times) if self.staircase else times))


class PolynomialDecay(NumberSchedule):
    """Polynomial decay from the initial to the final rate, then constant.

    `rate = (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate`.

    Args:
        initial_learning_rate: the rate at step 0, at least 0.
        decay_steps: steps of the decay.
        end_learning_rate: the final rate, at least 0.
        power: exponent; 1 for linear decay.
        cycle: whether to restart at the end, with a decay that is longer by `decay_steps` each time.
        name: an optional name.
    Example:
        >>> PolynomialDecay(0.1, decay_steps=100, end_learning_rate=0.0)(50)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = check_real("PolynomialDecay", "initial_learning_rate", initial_learning_rate, low=0.0)
        self.decay_steps = check_steps("PolynomialDecay", "decay_steps", decay_steps)
        self.end_learning_rate = check_real("PolynomialDecay", "end_learning_rate", end_learning_rate, low=0.0)
        self.power = check_real("PolynomialDecay", "power", power)
        self.cycle, self.name = cycle, name

    def at(self, step: float) -> float:
        length = self.decay_steps
        if self.cycle:
            length *= max(1, math.ceil(step / self.decay_steps))
        left = 1 - min(step, length) / length
        return float((self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)


class PiecewiseConstantDecay(NumberSchedule):
    """Piecewise constant rates: `rate = values[i]` where `boundaries[i - 1] < step <= boundaries[i]`.

    Args:
        boundaries: steps, in increasing order.
        values: the rates, one more than boundaries.
        name: an optional name.
    Raises:
        ValueError: there are not exactly one more values than boundaries, or boundaries are not increasing.
    Example:
        >>> rate = PiecewiseConstantDecay([100, 200], [0.1, 0.05, 0.01])
        >>> rate(100), rate(101), rate(201)
        (0.1, 0.05, 0.01)
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"PiecewiseConstantDecay expects one value more than boundaries, "
                f"got {len(boundaries)} boundaries and {len(values)} values"
            )
        for number, value in enumerate(values):
            check_real("PiecewiseConstantDecay", f"values[{number}]", value, low=0.0)
        if any(later < earlier for earlier, later in pairwise(boundaries)):
            raise ValueError(f"PiecewiseConstantDecay expects boundaries in increasing order, got {list(boundaries)}")
        self.boundaries, self.values, self.name = boundaries, values, name

    def at(self, step: float) -> float:
        passed = sum(step > boundary for boundary in self.boundaries)
        return float(self.values[passed])


def check_steps(owner: str, argument: str, value: Any) -> int:
    """A number of steps, at least 1; whole floats are accepted too, for `0.1 * epochs * steps`."""
    whole = isinstance(value, float) and value.is_integer()
    return check_positive_integer(owner, argument, int(value) if whole else value)
