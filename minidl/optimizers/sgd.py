"""`SGD`: gradient descent, with momentum."""

from __future__ import annotations

from typing import Unpack

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class SGD(Optimizer):
    """Stochastic gradient descent: `w -= learning_rate * g`, or `m = momentum * m - learning_rate * g; w += m`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        momentum: fraction of the last step that is added to this one, in [0, 1].
        nesterov: Nesterov momentum, `w += momentum * m - learning_rate * g`.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".
    Example:
        >>> SGD(0.1, momentum=0.9)
        SGD(learning_rate=0.1, momentum=0.9)
    """

    slot_names = ("momentum",)

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = check_real("SGD", "momentum", momentum, 0.0, 1.0)
        self.nesterov = nesterov

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("momentum",) * (self.momentum > 0)]

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `m`, if there is momentum, and the weights."""
        w, g, m = value, gradient, slots["momentum"]
        if self.momentum == 0:
            w -= learning_rate * g
            return
        m *= self.momentum
        m -= learning_rate * g
        if self.nesterov:
            w += self.momentum * m - learning_rate * g
        else:
            w += m
