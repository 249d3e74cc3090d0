"""`Lamb`: Adam whose step is scaled to the norm of each variable, for very large batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import Variable


class Lamb(Optimizer):
    """`w -= learning_rate * norm(w) / norm(u) * u`, where `u` is Adam's step; the ratio of the norms is 1 if either is 0.

    `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g ** 2 - v)`,
    `u = m / (1 - beta_1 ** t) / (sqrt(v / (1 - beta_2 ** t)) + epsilon)`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: decay rate of `m`, in [0, 1).
        beta_2: decay rate of `v`, in [0, 1).
        epsilon: small constant that avoids division by zero.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: You et al. 2020, "Large batch optimization for deep learning: training BERT in 76 minutes".
    Example:
        >>> Lamb(0.01)
        Lamb(learning_rate=0.01)
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Lamb", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Lamb", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Lamb", "epsilon", epsilon, 0.0)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Update `m`, `v` and the weights; `m_hat` and `v_hat` correct for the start at zero."""
        t, w, g, slots = self.updates + 1, variable.value, gradient, self.slots(variable)
        m, v = slots["momentum"], slots["velocity"]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        m_hat, v_hat = m / (1 - self.beta_1**t), v / (1 - self.beta_2**t)
        u = m_hat / (np.sqrt(v_hat) + self.epsilon)
        w_norm, u_norm = float(np.linalg.norm(w)), float(np.linalg.norm(u))
        ratio = w_norm / u_norm if w_norm > 0 and u_norm > 0 else 1.0
        w -= learning_rate * ratio * u
