"""Weight decay: before each update every weight loses a small share of itself."""

from typing import TYPE_CHECKING

from minidl.variable import Run

if TYPE_CHECKING:
    from minidl.optimizers.optimizer import Optimizer


def decay(optimizer: "Optimizer", runs: list[Run]) -> None:
    """`w -= learning_rate * weight_decay * w`, apart from the gradient, for all variables that are not excluded.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
    """
    if not optimizer.weight_decay:
        return
    kept = 1 - optimizer.learning_rate * optimizer.weight_decay
    for run in runs:
        decayed = [variable for variable in run.variables if optimizer.decays(variable)]
        for value in [run.value] if len(decayed) == len(run.variables) else [variable.value for variable in decayed]:
            value *= kept
