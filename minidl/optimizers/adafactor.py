"""`Adafactor`: Adam's second moment in factored form, one number per row and per column, to save memory."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions
from minidl.variable import Variable


class Adafactor(Optimizer):
    """`w -= alpha * g / sqrt(v)`, where `v` of a matrix is the product of a row factor and a column factor.

    The step is proportional to the size of the variable, `alpha = max(epsilon_2, rms(w)) * rate`, and clipped.

    Args:
        learning_rate: a number of at least 0, or a schedule: the maximum rate.
        beta_2_decay: below 0; the decay rate of `v` at step `t` is `1 - t**beta_2_decay`.
        epsilon_1: added to the squared gradient.
        epsilon_2: lower limit of `rms(w)`.
        clip_threshold: maximum root mean square of the step, before `alpha`.
        relative_step: accepted for compatibility with Keras, which uses `1 / sqrt(t)` as the rate once it is below
            `learning_rate`, whatever this is.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: Shazeer & Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost".
    Example:
        >>> Adafactor(0.01, relative_step=False)
        Adafactor(learning_rate=0.01, relative_step=False)
    """

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_2_decay = check_real("Adafactor", "beta_2_decay", beta_2_decay, high=0.0)
        self.epsilon_1 = check_real("Adafactor", "epsilon_1", epsilon_1, 0.0)
        self.epsilon_2 = check_real("Adafactor", "epsilon_2", epsilon_2, 0.0)
        self.clip_threshold = check_real("Adafactor", "clip_threshold", clip_threshold, 0.0)
        self.relative_step = relative_step
        self._factors: dict[Variable, dict[str, Array]] = {}

    def slots(self, variable: Variable) -> dict[str, Array]:
        """`r` and `c`, the averages over rows and columns, for arrays of two or more axes; `v` for the others."""
        if variable not in self._factors:
            shape = variable.shape
            shapes = {"r": shape[:-1], "c": (*shape[:-2], shape[-1])} if len(shape) >= 2 else {"v": shape}
            self._factors[variable] = {name: np.zeros(size, variable.dtype) for name, size in shapes.items()}
        return super().slots(variable) | self._factors[variable]

    def slot_groups(self) -> list[tuple[str, ...]]:
        return [("r", "c", "v")]

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Update `v`, or its factors `r` and `c`, and the weights."""
        t, w, g, slots = self.updates + 1, variable.value, gradient, self.slots(variable)
        beta_2 = 1 - t**self.beta_2_decay
        square = g * g + self.epsilon_1
        if "v" in slots:
            v = slots["v"]
            v += (1 - beta_2) * (square - v)
            u = g / np.sqrt(v)
        else:
            r, c = slots["r"], slots["c"]
            r += (1 - beta_2) * (square.mean(axis=-1) - r)
            c += (1 - beta_2) * (square.mean(axis=-2) - c)
            row_factor = r / r.mean(axis=-1, keepdims=True)
            u = g / np.sqrt(row_factor[..., np.newaxis]) / np.sqrt(c[..., np.newaxis, :])
        u /= max(1.0, _root_mean_square(u) / self.clip_threshold)
        alpha = max(self.epsilon_2, _root_mean_square(w)) * min(learning_rate, t**-0.5)
        w -= alpha * u


def _root_mean_square(x: Array) -> float:
    return float(np.sqrt(np.mean(np.square(x)))) if x.size else 0.0
