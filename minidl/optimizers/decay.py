"""Decoupled weight decay: before each update every weight shrinks by a small fraction of itself."""

from collections.abc import Callable, Iterable

from minidl.variable import ParameterSlice, Variable


def decay(runs: Iterable[ParameterSlice], fraction: float, decays: Callable[[Variable], bool]) -> None:
    """`w -= fraction * w` for the variables for which `decays` is true; the fraction is `learning_rate * weight_decay`.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
    """
    for run in runs:
        decayed = [variable for variable in run.variables if decays(variable)]
        for value in [run.value] if len(decayed) == len(run.variables) else [variable.value for variable in decayed]:
            value *= 1 - fraction
