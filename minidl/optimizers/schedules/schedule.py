"""`LearningRateSchedule`: base class of schedules, which are functions from the step to the learning rate."""

from typing import Any

import numpy as np

from minidl.config.configurable import Configurable


class LearningRateSchedule(Configurable):
    """Base class of all learning rate schedules.

    An optimizer accepts one instead of a number, and calls it before every step with the number of batches seen so far.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __init__(self, first, every):
        ...         self.first, self.every = first, every
        ...     def __call__(self, step):
        ...         return self.first * 0.5 ** (step // self.every)
        >>> Halving(0.1, every=10)(20)
        0.025
    """

    def __call__(self, step: object) -> float:
        """The learning rate at `step`, which counts from 0."""
        raise TypeError(f"{type(self).__name__} defines no __call__(step); it returns the learning rate of that step")


class NumberSchedule(LearningRateSchedule):
    """Base class of schedules that define the rate of one step, `at(step)`; they also take arrays of steps."""

    def at(self, step: float) -> float:
        """The learning rate at one step."""
        raise TypeError(f"{type(self).__name__} defines no at(step); it returns the learning rate of that step")

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step`, a number; an array of rates for an array of steps."""
        if np.ndim(step) == 0:
            return self.at(float(step))
        steps = np.asarray(step)
        return np.array([self.at(float(one)) for one in steps.ravel()]).reshape(steps.shape)
