"""`Lion`: the sign of a momentum is the step, of the same size for every weight."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class Lion(Optimizer):
    """`w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`, then `m += (1 - beta_2) * (g - m)`; needs one slot only.

    Args:
        learning_rate: a number of at least 0, or a schedule; three to ten times smaller than for `Adam`.
        beta_1: weight of `m` in the step, in (0, 1].
        beta_2: decay rate of `m`, in [0, 1).
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms".
    Example:
        >>> Lion(1e-4, weight_decay=0.1)
        Lion(learning_rate=0.0001, weight_decay=0.1)
    """

    slot_names = ("momentum",)

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Lion", "beta_1", beta_1, 0.0, 1.0)
        if self.beta_1 == 0:
            raise ValueError(f"Lion expects beta_1 to be above 0, got {beta_1!r}")
        self.beta_2 = check_real("Lion", "beta_2", beta_2, 0.0, 1.0, open_high=True)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update the weights, then `m`."""
        g, m = gradient, slots["momentum"]
        value -= learning_rate * np.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        m *= self.beta_2
        m += (1 - self.beta_2) * g
