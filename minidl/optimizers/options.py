"""Types of the arguments that an optimizer's constructor passes on: `**kwargs: Unpack[OptimizerOptions]`."""

from typing import TypedDict


class DecayOptimizerOptions(TypedDict, total=False):
    """Arguments of all optimizers that no optimizer has by itself."""

    name: str | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None


class OptimizerOptions(DecayOptimizerOptions, total=False):
    """Arguments of `Optimizer`."""

    weight_decay: float | None
