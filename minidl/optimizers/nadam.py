"""`Nadam`: Adam that looks ahead along its momentum, as Nesterov does."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.optimizers.means import blend
from minidl.optimizers.optimizer import Optimizer


class Nadam(Optimizer):
    """Adam with Nesterov's momentum, whose share `mu_t = beta_1 * (1 - 0.96**t / 2)` grows from half to the whole of `beta_1`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: share of `m` kept at each step, in [0, 1).
        beta_2: share of `v` kept at each step, in [0, 1).
        epsilon: keeps the division finite.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam".
    Example:
        >>> Nadam(0.01)
        Nadam(learning_rate=0.01)
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Nadam", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Nadam", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Nadam", "epsilon", epsilon, 0.0)
        self._product = (0, 1.0)  # t, and the product of mu_1 ... mu_t

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Adam's `m` and `v`; the step goes along the next `m`, of which this gradient is a part already."""
        t = self.iterations + 1
        m, v = slots["momentum"], slots["velocity"]
        blend(m, gradient, self.beta_1)
        blend(v, gradient * gradient, self.beta_2)
        now, ahead, product = self._share(t), self._share(t + 1), self._product_of_shares(t)
        step = m * (ahead / (1 - product * ahead))
        step += gradient * ((1 - now) / (1 - product))
        step /= np.sqrt(v / (1 - self.beta_2**t)) + self.epsilon
        value -= learning_rate * step

    def _share(self, t: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96**t)

    def _product_of_shares(self, t: int) -> float:
        """`mu_1 * ... * mu_t`, from the one before where that is known, else from the beginning."""
        known, product = self._product if self._product[0] <= t else (0, 1.0)
        for one in range(known + 1, t + 1):
            product *= self._share(one)
        self._product = (t, product)
        return product
