"""Decoupled weight decay: before each update every weight shrinks by a small fraction of itself."""

from collections.abc import Callable, Iterable

from minidl.variable import ParameterSlice, Variable


def decay(slices: Iterable[ParameterSlice], fraction: float, decays: Callable[[Variable], bool]) -> None:
    """`w -= fraction * w` for the variables for which `decays` is true; the fraction is `learning_rate * weight_decay`.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization".
    """
    for part in slices:
        decayed = [variable for variable in part.variables if decays(variable)]
        for value in [part.value] if len(decayed) == len(part.variables) else [variable.value for variable in decayed]:
            value *= 1 - fraction
