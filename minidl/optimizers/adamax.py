"""`Adamax`: Adam with the infinity norm of past gradients instead of their second moment."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array
from minidl.optimizers.moments import MomentOptimizer


class Adamax(MomentOptimizer):
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

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `m`, `u` and the weights; `alpha` corrects for the start of `m` at zero."""
        t, g, m, u = self.updates + 1, gradient, slots["momentum"], slots["norm"]
        alpha = learning_rate / (1 - self.beta_1**t)
        m += (1 - self.beta_1) * (g - m)
        u[...] = np.maximum(self.beta_2 * u, np.abs(g))
        value -= alpha * m / (u + self.epsilon)
