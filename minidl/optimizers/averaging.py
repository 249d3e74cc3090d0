"""Running averages of the weights, which often predict better than the weights of the last step."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from minidl.variable import Run, Variable

if TYPE_CHECKING:
    from minidl.optimizers.optimizer import Optimizer


def average(optimizer: "Optimizer", runs: list[Run]) -> None:
    """`average = ema_momentum * average + (1 - ema_momentum) * w` after each batch; before the second update it is `w` itself.

    Source: Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging".
    """
    if not optimizer.use_ema:
        return
    momentum = optimizer.ema_momentum if optimizer.iterations else 0.0
    frequency = optimizer.ema_overwrite_frequency
    for run in runs:
        mean = optimizer.run_slots(run)["average"]
        mean *= momentum
        mean += (1 - momentum) * run.value
        if frequency and (optimizer.iterations + 1) % frequency == 0:
            run.value[...] = mean


def take_averages(optimizer: "Optimizer", variables: Iterable[Variable]) -> None:
    """Write the averages into the weights, once there are any."""
    if optimizer.use_ema and optimizer.batches:
        for variable in variables:
            variable.assign(optimizer.slots(variable)["average"])
