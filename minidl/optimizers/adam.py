"""`Adam`: the step is scaled by estimates of the first two moments of the gradient."""

from typing import Unpack

import numpy as np

from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.moments import MomentOptimizer
from minidl.optimizers.options import OptimizerOptions


class Adam(MomentOptimizer):
    """Adaptive moment estimation: `w -= alpha * m / (sqrt(v) + epsilon)`.

    `m += (1 - beta_1) * (g - m)` and `v += (1 - beta_2) * (g ** 2 - v)` are moving averages of the gradient and its square;
    `alpha = learning_rate * sqrt(1 - beta_2 ** t) / (1 - beta_1 ** t)` corrects for their start at zero.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: decay rate of `m`, in [0, 1).
        beta_2: decay rate of `v`, in [0, 1).
        epsilon: small constant that avoids division by zero.
        amsgrad: use the maximum of `v` so far instead of `v`.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization" (the form before its section 2.1's epsilon hat);
        Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond" (amsgrad).
    Example:
        >>> Adam(beta_1=0.8)
        Adam(beta_1=0.8)
    """

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)
        self.amsgrad = bool(amsgrad)  # a file may hold any number
        self.slot_names += ("velocity_hat",) * self.amsgrad

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum", "velocity"), ("velocity_hat",) * self.amsgrad]

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `m`, `v` and the weights; one scratch array holds all intermediate results."""
        t, w, g, m, v = self.updates + 1, value, gradient, slots["momentum"], slots["velocity"]
        alpha = learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        scratch = np.empty_like(g)
        blend(m, g, 1 - self.beta_1, scratch)  # m += (1 - beta_1) * (g - m)
        blend(v, np.multiply(g, g, out=scratch), 1 - self.beta_2, scratch)  # v += (1 - beta_2) * (g * g - v)
        if self.amsgrad:
            v = np.maximum(slots["velocity_hat"], v, out=slots["velocity_hat"])
        step = np.sqrt(v, out=scratch)  # w -= alpha * m / (sqrt(v) + epsilon)
        step += self.epsilon
        np.divide(m, step, out=step)
        step *= alpha
        w -= step


def blend(mean: Array, new: Array, share: float, scratch: Array) -> None:
    """`mean += share * (new - mean)`, in place; `scratch` is overwritten, and may be `new` itself."""
    np.subtract(new, mean, out=scratch)
    scratch *= share
    mean += scratch
