"""`Adagrad`: the step is divided by the root of the sum of all squared gradients so far."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class Adagrad(Optimizer):
    """`w -= learning_rate * g / sqrt(a + epsilon)`, where `a += g ** 2` sums the squared gradients.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        initial_accumulator_value: initial value of the sum, at least 0.
        epsilon: small constant that avoids division by zero.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Duchi, Hazan & Singer 2011, "Adaptive subgradient methods for online learning and stochastic optimization".
    Example:
        >>> Adagrad(0.1)
        Adagrad(learning_rate=0.1)
    """

    slot_names = ("accumulator",)

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = check_real(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, 0.0, open_high=True
        )
        self.epsilon = check_real("Adagrad", "epsilon", epsilon, 0.0)

    def first_slot(self, name: str, value: Array) -> Array:
        """The sum starts at `initial_accumulator_value`."""
        if name == "accumulator":
            return np.full_like(value, self.initial_accumulator_value)
        return super().first_slot(name, value)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `a` and the weights."""
        g, a = gradient, slots["accumulator"]
        a += g * g
        value -= learning_rate * g / np.sqrt(a + self.epsilon)
