"""`Nadam`: Adam with Nesterov momentum."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array
from minidl.optimizers.moments import MomentOptimizer


class Nadam(MomentOptimizer):
    """Adam with Nesterov momentum, whose coefficient `mu_t = beta_1 * (1 - 0.96**t / 2)` rises from `beta_1 / 2` to `beta_1`.

    `w -= learning_rate * m_hat / (sqrt(v_hat) + epsilon)`, where `m_hat` already contains this gradient.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: decay rate of `m`, in [0, 1).
        beta_2: decay rate of `v`, in [0, 1).
        epsilon: small constant that avoids division by zero.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".
    Example:
        >>> Nadam(0.01)
        Nadam(learning_rate=0.01)
    """

    _product = (0, 1.0)  # t, and mu_1 * ... * mu_t

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `m`, `v` and the weights; the corrected momentum `m_hat` already contains this gradient."""
        t, g, m, v = self.updates + 1, gradient, slots["momentum"], slots["velocity"]
        share_of_m, share_of_g = self.shares(t)
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        m_hat = share_of_m * m + share_of_g * g
        v_hat = v / (1 - self.beta_2**t)
        value -= learning_rate * m_hat / (np.sqrt(v_hat) + self.epsilon)

    def shares(self, t: int) -> tuple[float, float]:
        """The factors of `m` and `g` in `m_hat` at step `t`."""
        mu, next_mu, product = self._mu(t), self._mu(t + 1), self._product_of_mu(t)
        return next_mu / (1 - product * next_mu), (1 - mu) / (1 - product)

    def _mu(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def _product_of_mu(self, t: int) -> float:
        """`mu_1 * ... * mu_t`, from the last known product, or from the start if that is later than `t`."""
        known, product = self._product if self._product[0] <= t else (0, 1.0)
        for step in range(known + 1, t + 1):
            product *= self._mu(step)
        self._product = (t, product)
        return product
