"""`Adadelta`: the step is scaled by the ratio of the RMS of past steps to the RMS of past gradients."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class Adadelta(Optimizer):
    """`s = g * sqrt((d + epsilon) / (v + epsilon))`, `w -= learning_rate * s`.

    `v` and `d` are moving averages: `v += (1 - rho) * (g ** 2 - v)`, `d += (1 - rho) * (s ** 2 - d)`.

    Args:
        learning_rate: a number of at least 0, or a schedule; 1 in the paper.
        rho: decay rate of both moving averages, in [0, 1].
        epsilon: avoids division by zero, and a first step of 0.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Zeiler 2012, "ADADELTA: an adaptive learning rate method".
    Example:
        >>> Adadelta(1.0)
        Adadelta(learning_rate=1.0)
    """

    slot_names = ("accumulated_gradient", "accumulated_step")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = check_real("Adadelta", "rho", rho, 0.0, 1.0)
        self.epsilon = check_real("Adadelta", "epsilon", epsilon, 0.0)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `v`, the weights and `d`."""
        g, v, d = gradient, slots["accumulated_gradient"], slots["accumulated_step"]
        v *= self.rho
        v += (1 - self.rho) * g * g
        step = g * np.sqrt((d + self.epsilon) / (v + self.epsilon))
        d *= self.rho
        d += (1 - self.rho) * step * step
        value -= learning_rate * step
