"""`Adam`: steps scaled by running estimates of the gradient's first two moments."""

from typing import Any

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.moments import adam_step
from minidl.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Adaptive moment estimation: `w -= alpha * m / (sqrt(v) + epsilon)`.

    `m` and `v` are running means of `g` and `g * g`; `alpha` is the learning rate corrected for their start at zero.

    Args:
        learning_rate: a number of at least 0.
        beta_1: share of `m` kept at each step, in [0, 1).
        beta_2: share of `v` kept at each step, in [0, 1).
        epsilon: keeps the division finite.
        amsgrad: divide by the largest `v` so far, so that steps never grow again.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Kingma & Ba 2015, "Adam: a method for stochastic optimization" (the form before its section 2.1's epsilon hat);
        Reddi, Kale & Kumar 2018, "On the convergence of Adam and beyond" (amsgrad).
    Example:
        >>> Adam(beta_1=0.8)
        Adam(beta_1=0.8)
    """

    slot_names: tuple[str, ...] = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_real("Adam", "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real("Adam", "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real("Adam", "epsilon", epsilon, 0.0)
        self.amsgrad = amsgrad
        self.slot_names += ("velocity_hat",) * amsgrad

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """`m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g * g - v)`, and the step."""
        t = self.iterations + 1
        alpha = learning_rate * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        m, v, largest = slots["momentum"], slots["velocity"], slots.get("velocity_hat")
        adam_step(value, gradient, m, v, largest, alpha, self.beta_1, self.beta_2, self.epsilon)
