"""Clipping: gradients that are too long are shortened before the update."""

from typing import TYPE_CHECKING

import numpy as np

from minidl.config.types import Array
from minidl.variable import Run

if TYPE_CHECKING:
    from minidl.optimizers.optimizer import Optimizer


def clip(optimizer: "Optimizer", runs: list[Run]) -> None:
    """Cut or shorten the gradients, in place, in the one way that the optimizer was told."""
    if optimizer.clipvalue is not None:
        for run in runs:
            np.clip(run.grad, -optimizer.clipvalue, optimizer.clipvalue, out=run.grad)
    elif optimizer.clipnorm is not None:
        for run in runs:
            for variable in run.variables:
                _shorten(variable.grad, float(np.vdot(variable.grad, variable.grad)), optimizer.clipnorm)
    elif optimizer.global_clipnorm is not None:
        square = sum(float(np.dot(run.grad, run.grad)) for run in runs)
        for run in runs:
            _shorten(run.grad, square, optimizer.global_clipnorm)


def _shorten(gradient: Array, square: float, limit: float) -> None:
    """Scale a gradient in place so that the norm whose square is given becomes at most `limit`."""
    if square > limit * limit:
        gradient *= limit / square**0.5
