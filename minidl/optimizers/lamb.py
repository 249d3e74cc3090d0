"""`Lamb`: Adam whose step for each variable is as long as the variable's norm says, for very large batches."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.optimizers.means import blend
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import Variable


class Lamb(Optimizer):
    """`w -= learning_rate * |w| * u / |u|`, where `u` is Adam's step; where a norm is 0, `u` itself.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: share of `m` kept at each step, in [0, 1).
        beta_2: share of `v` kept at each step, in [0, 1).
        epsilon: keeps the division finite.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: You et al. 2020, "Large batch optimization for deep learning: training BERT in 76 minutes".
    Example:
        >>> Lamb(0.01)
        Lamb(learning_rate=0.01)
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Lamb", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Lamb", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Lamb", "epsilon", epsilon, 0.0)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Adam's `m` and `v`, corrected for their start at zero; the step of its variable's norm."""
        t, slots, value = self.iterations + 1, self.slots(variable), variable.value
        m, v = slots["momentum"], slots["velocity"]
        blend(m, gradient, self.beta_1)
        blend(v, gradient * gradient, self.beta_2)
        u = m / (1 - self.beta_1**t) / (np.sqrt(v / (1 - self.beta_2**t)) + self.epsilon)
        norm, length = float(np.linalg.norm(value)), float(np.linalg.norm(u))
        ratio = norm / length if norm > 0 and length > 0 else 1.0
        value -= learning_rate * ratio * u
