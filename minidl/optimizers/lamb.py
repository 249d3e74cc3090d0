"""`Lamb`: Adam whose step is scaled to the norm of each variable, for very large batches."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array
from minidl.optimizers.moments import MomentOptimizer
from minidl.variable import Variable


class Lamb(MomentOptimizer):
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
