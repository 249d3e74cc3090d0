"""Gradient accumulation: the mean gradient of several batches makes one update, as one large batch would."""

from typing import TYPE_CHECKING

import numpy as np

from minidl.variable import Run

if TYPE_CHECKING:
    from minidl.optimizers.optimizer import Optimizer


def accumulate(optimizer: "Optimizer", runs: list[Run]) -> bool:
    """Whether an update is due; if so, the runs' gradients become the mean of those since the last one."""
    steps = optimizer.gradient_accumulation_steps
    if steps is None:
        return True
    due = (optimizer.batches + 1) % steps == 0
    for run in runs:
        total = optimizer.run_slots(run)["accumulated"]
        total += run.grad
        if due:
            np.divide(total, steps, out=run.grad)
            total.fill(0)
    return due
