"""`Ftrl`: follow the regularized leader, for large sparse linear models."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import OptimizerOptions


class Ftrl(Optimizer):
    """The weights that minimize the linearized losses so far plus L1 and L2 penalties; L1 makes many of them exactly 0.

    `w = (clip(linear, -l1, l1) - linear) / curvature`, where
    `curvature = accumulator ** -learning_rate_power / learning_rate + 2 * l2 + beta / learning_rate`.

    Args:
        learning_rate: a number above 0, or a schedule of such.
        learning_rate_power: at most 0; power of the sum of squared gradients in the step size; 0 for a constant step size.
        initial_accumulator_value: initial value of that sum, at least 0.
        l1_regularization_strength: at least 0; weights with `|linear| <= l1` are exactly 0.
        l2_regularization_strength: at least 0.
        l2_shrinkage_regularization_strength: at least 0; `2 * strength * w` is added to the gradient.
        beta: at least 0; added to the L2 penalty as `beta / (2 * learning_rate)`.
        **kwargs: weight decay, clipping, averaging and `name`, as for every `Optimizer`.
    Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches".
    Example:
        >>> Ftrl(0.1, l1_regularization_strength=0.01)
        Ftrl(learning_rate=0.1, l1_regularization_strength=0.01)
    """

    slot_names = ("accumulator", "linear")

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.learning_rate_power = check_real("Ftrl", "learning_rate_power", learning_rate_power, high=0.0)
        self.initial_accumulator_value = _check("initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = _check("l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = _check("l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = _check(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = _check("beta", beta)

    def first_slot(self, name: str, value: Array) -> Array:
        """The sum of squared gradients starts at `initial_accumulator_value`."""
        if name == "accumulator":
            return np.full_like(value, self.initial_accumulator_value)
        return super().first_slot(name, value)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update `a` and `linear`; the weights minimize `linear * w + l1 * |w| + curvature / 2 * w**2`."""
        if learning_rate == 0:
            return
        w, g, a, linear = value, gradient, slots["accumulator"], slots["linear"]
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength + self.beta / (2 * learning_rate)
        power, shrinkage = -self.learning_rate_power, self.l2_shrinkage_regularization_strength
        before = a**power
        a += g * g
        after = a**power
        linear += g + 2 * shrinkage * w - (after - before) / learning_rate * w
        curvature = after / learning_rate + 2 * l2
        np.divide(np.clip(linear, -l1, l1) - linear, curvature, out=w, where=curvature > 0)


def _check(argument: str, value: object) -> float:
    return check_real("Ftrl", argument, value, 0.0, open_high=True)
