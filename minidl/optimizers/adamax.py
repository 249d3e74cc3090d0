"""`Adamax`: Adam with the infinity norm of past gradients instead of their second moment."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer


class Adamax(Optimizer):
    """`w -= alpha * m / (u + epsilon)`: a moving average of the gradient, divided by a decaying maximum of its size.

    `m += (1 - beta_1) * (g - m)`, `u = max(beta_2 * u, |g|)`, `alpha = learning_rate / (1 - beta_1 ** t)`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: decay rate of `m`, in [0, 1).
        beta_2: decay rate of `u`, in [0, 1).
        epsilon: small constant that avoids division by zero.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", section 7.1.
    Example:
        >>> Adamax(0.01)
        Adamax(learning_rate=0.01)
    """

    slot_names = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Adamax", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Adamax", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Adamax", "epsilon", epsilon, 0.0)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `m`, `u` and the weights; `alpha` corrects for the start of `m` at zero."""
        t, g, m, u = self.updates + 1, gradient, slots["momentum"], slots["norm"]
        alpha = learning_rate / (1 - self.beta_1**t)
        m += (1 - self.beta_1) * (g - m)
        u[...] = np.maximum(self.beta_2 * u, np.abs(g))
        value -= alpha * m / (u + self.epsilon)
