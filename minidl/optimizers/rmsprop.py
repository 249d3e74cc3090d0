"""`RMSprop`: the gradient is divided by the root of a moving average of its square."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class RMSprop(Optimizer):
    """`w -= learning_rate * g / sqrt(v + epsilon)`, where `v += (1 - rho) * (g ** 2 - v)`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        rho: decay rate of the moving averages, in [0, 1].
        momentum: fraction of the last step that is added to this one, at least 0.
        epsilon: small constant that avoids division by zero.
        centered: divide by the root of the gradient's variance, `v - mean(g)**2`, instead of `v`.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Hinton 2012, "Neural networks for machine learning", lecture 6e; Graves 2013 (centered).
    Example:
        >>> RMSprop(0.01, momentum=0.9)
        RMSprop(learning_rate=0.01, momentum=0.9)
    """

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = check_real("RMSprop", "rho", rho, 0.0, 1.0)
        self.momentum = check_real("RMSprop", "momentum", momentum, 0.0)
        self.epsilon = check_real("RMSprop", "epsilon", epsilon, 0.0)
        self.centered = bool(centered)  # a file may hold any number
        self.slot_names = ("velocity", *(["momentum"] * (momentum > 0)), *(["average_gradient"] * self.centered))

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [(name,) for name in self.slot_names]

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `v`, the mean gradient if `centered`, and the weights."""
        g, v = gradient, slots["velocity"]
        v *= self.rho
        v += (1 - self.rho) * g * g
        variance = v
        if self.centered:
            mean = slots["average_gradient"]
            mean *= self.rho
            mean += (1 - self.rho) * g
            variance = np.maximum(v - mean * mean, 0)  # rounding may give less than 0
        step = learning_rate * g / np.sqrt(variance + self.epsilon)
        if self.momentum > 0:
            m = slots["momentum"]
            m *= self.momentum
            m += step
            step = m
        value -= step
