"""`MomentOptimizer`: base of Adam and its relatives: the decay rates of two moving averages of the gradient."""

from __future__ import annotations

from typing import Any

from minidl.config.checks import check_real
from minidl.config.types import LearningRateLike
from minidl.optimizers.optimizer import Optimizer


class MomentOptimizer(Optimizer):
    """Takes the arguments that Adam, Adamax, Lamb and Nadam share; `m` is a moving average of the gradient.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        beta_1: decay rate of `m`, in [0, 1).
        beta_2: decay rate of the second average, in [0, 1).
        epsilon: small constant that avoids division by zero.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    """

    slot_names: tuple[str, ...] = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        owner = type(self).__name__
        self.beta_1 = check_real(owner, "beta_1", beta_1, 0.0, 1.0, open_high=True)
        self.beta_2 = check_real(owner, "beta_2", beta_2, 0.0, 1.0, open_high=True)
        self.epsilon = check_real(owner, "epsilon", epsilon, 0.0)
