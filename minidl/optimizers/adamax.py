"""`Adamax`: Adam with the largest gradient in the place of the mean square."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.optimizers.means import blend
from minidl.optimizers.optimizer import Optimizer


class Adamax(Optimizer):
    """`w -= alpha * m / (u + epsilon)`: `m` is a running mean of `g`, `u` the largest `|g|`, fading.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: share of `m` kept at each step, in [0, 1).
        beta_2: what `u` fades by at each step, in [0, 1).
        epsilon: keeps the division finite.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization", section 7.1.
    Example:
        >>> Adamax(0.01)
        Adamax(learning_rate=0.01)
    """

    slot_names = ("momentum", "norm")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Adamax", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Adamax", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Adamax", "epsilon", epsilon, 0.0)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """`m = beta_1 * m + (1 - beta_1) * g`, `u = max(beta_2 * u, |g|)`, and the step."""
        m, u = slots["momentum"], slots["norm"]
        blend(m, gradient, self.beta_1)
        u *= self.beta_2
        np.maximum(u, np.abs(gradient), out=u)
        alpha = learning_rate / (1 - self.beta_1 ** (self.iterations + 1))
        value -= alpha * m / (u + self.epsilon)
