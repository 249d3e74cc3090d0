"""`ScheduleFreeAdamW`: AdamW with averaged iterates, which needs no learning rate schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions
from minidl.variable import Variable


class ScheduleFreeAdamW(Optimizer):
    """Adam's steps move `z`; `x` is the mean of all `z`; gradients are taken at `w = (1 - beta_1) * z + beta_1 * x`.

    At the end of `fit` the weights become `x`, the point for predictions, and training can continue from there (Keras leaves
    the weights between the two).

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: weight of `x` in the interpolation, in (0, 1].
        beta_2: decay rate of the average of squared gradients, in [0, 1).
        epsilon: small constant that avoids division by zero.
        warmup_steps: number of steps in which the learning rate rises linearly from 0.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Defazio et al. 2024, "The road less scheduled".
    Example:
        >>> ScheduleFreeAdamW(0.01, warmup_steps=100)
        ScheduleFreeAdamW(learning_rate=0.01, warmup_steps=100)
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("ScheduleFreeAdamW", "beta_1", beta_1, 0.0, 1.0)
        if self.beta_1 == 0:
            raise ValueError(f"ScheduleFreeAdamW expects beta_1 to be above 0, got {beta_1!r}")
        self.beta_2 = check_real("ScheduleFreeAdamW", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("ScheduleFreeAdamW", "epsilon", epsilon, 0.0)
        self.warmup_steps = check_real("ScheduleFreeAdamW", "warmup_steps", warmup_steps, 0.0)

    def first_slot(self, name: str, value: Array) -> Array:
        """`z` starts at the weights."""
        return value.copy() if name == "momentum" else super().first_slot(name, value)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `v`, `z`, `x` and the weights."""
        t, g, z, v = self.updates + 1, gradient, slots["momentum"], slots["velocity"]
        rate = learning_rate * min(1.0, t / self.warmup_steps) if self.warmup_steps else learning_rate
        x = self._mean_point(value, z)
        v *= self.beta_2
        v += (1 - self.beta_2) * g * g
        v_hat = v / (1 - self.beta_2**t)
        z -= rate * g / (np.sqrt(v_hat) + self.epsilon)
        x = x + (z - x) / t
        value[...] = (1 - self.beta_1) * z + self.beta_1 * x

    def finalize_variable_values(self, variables: Iterable[Variable]) -> None:
        """Set the weights to `x`, or with `use_ema` to their moving averages."""
        variables = list(variables)
        if self.use_ema:
            super().finalize_variable_values(variables)
        elif self.updates:
            for variable in variables:
                variable.assign(self._mean_point(variable.value, self.slots(variable)["momentum"]))
            self.scalars["at_mean_since"] = self.updates

    def _mean_point(self, value: Array, z: Array) -> Array:
        """`x`, computed from the weights; right after `fit` the weights are `x`."""
        if self.scalars.get("at_mean_since") == self.updates:
            return value
        return (value - (1 - self.beta_1) * z) / self.beta_1
