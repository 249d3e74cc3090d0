"""`AdamW`: Adam with weight decay."""

from __future__ import annotations

from typing import Unpack

from minidl.config.types import LearningRateLike
from minidl.optimizers.adam import Adam
from minidl.optimizers.options import DecayOptimizerOptions


class AdamW(Adam):
    """`Adam` with `w -= learning_rate * weight_decay * w` before each step, `w -= alpha * m / (sqrt(v) + epsilon)`.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        weight_decay: rate of the decay, at least 0.
        beta_1, beta_2, epsilon, amsgrad: as for `Adam`.
        **kwargs: clipping, averaging and `name`, as for every `Optimizer`.
    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
    Example:
        >>> optimizer = AdamW(weight_decay=0.01)
        >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
        >>> optimizer
        AdamW(weight_decay=0.01)
    """

    def __init__(
        self,
        learning_rate: LearningRateLike = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Unpack[DecayOptimizerOptions],
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW expects weight_decay to be a number, got None; use Adam for no decay")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
