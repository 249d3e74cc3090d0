"""`LearningRateSchedule`: base class of schedules, which are functions from the step to the learning rate."""

from typing import Any

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

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step`, which counts from 0."""
        raise TypeError(f"{type(self).__name__} defines no __call__(step); it returns the learning rate of that step")
