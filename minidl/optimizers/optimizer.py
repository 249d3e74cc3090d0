"""`Optimizer`: how gradients change weights, on long vectors of neighbouring variables."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.optimizers.accumulation import accumulate
from minidl.optimizers.averaging import average, take_averages
from minidl.optimizers.clipping import clip
from minidl.optimizers.decay import decay
from minidl.optimizers.settings import OptimizerSettings
from minidl.variable import Block, Run, Variable, find_runs, settle


class Optimizer(OptimizerSettings):
    """The base of all optimizers: slots, and the walk over the variables.

    A rule that treats every element alike defines `update_vector` and names its slots; it then works on whole runs of
    neighbouring variables. A rule that needs a variable's shape or norm defines `update_step` instead, as in Keras.

    Args:
        learning_rate: a number of at least 0, which may be set at any time, or a schedule.
        **kwargs: weight decay, clipping, averaging and the rest, as for `OptimizerSettings`.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(self, learning_rate: Any, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self._slots: dict[Block, dict[str, Array]] = {}
        self._runs: tuple[tuple[Variable, ...], list[Run]] = ((), [])

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Change the vector `value` in place; `slots` holds a vector of the same length for each of `slot_names`."""
        raise TypeError(f"{type(self).__name__} defines neither update_vector nor update_step")

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Change one variable in place."""
        slots = {name: slot.reshape(-1) for name, slot in self.slots(variable).items()}
        self.update_vector(variable.value.reshape(-1), gradient.reshape(-1), learning_rate, slots)

    def build(self, variables: Iterable[Variable]) -> None:
        """Make room for the slots of these variables; slots that exist keep their values."""
        variables = list(variables)
        settle(variables)
        names = (*self.slot_names, *self.helping_slots)
        for block in dict.fromkeys(variable.block for variable in variables):
            if block not in self._slots:
                self._slots[block] = {name: self.first_slot(name, block.value) for name in names}

    def first_slot(self, name: str, value: Array) -> Array:
        """What a slot holds before the first step, for the vector `value`: zeros, unless a rule says otherwise."""
        return value.copy() if name == "average" else np.zeros_like(value)

    def run_slots(self, run: Run) -> dict[str, Array]:
        """The slots of a run, by name, each a vector as long as the run."""
        return {name: slot[run.start : run.stop] for name, slot in self._slots[run.block].items()}

    def slots(self, variable: Variable) -> dict[str, Array]:
        """The optimizer's memory of one variable, by name, each of the variable's shape; writing to it counts."""
        self.build([variable])
        block = self._slots[variable.block]
        return {name: slot[variable.start : variable.stop].reshape(variable.shape) for name, slot in block.items()}

    def step(self, variables: Sequence[Variable]) -> None:
        """Update the variables by their `grad`: accumulate, clip, decay, apply the rule, average, apply constraints."""
        runs = self._find_runs(tuple(variables))
        if accumulate(self, runs):
            clip(self, runs)
            decay(self, runs)
            self._update(runs)
        average(self, runs)
        self.batches += 1
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

    def _update(self, runs: list[Run]) -> None:
        """Apply the rule, to whole runs where it can be."""
        rate = self.learning_rate
        for run in runs:
            if type(self).update_step is Optimizer.update_step:
                self.update_vector(run.value, run.grad, rate, self.run_slots(run))
            else:
                for variable in run.variables:
                    self.update_step(variable.grad, variable, rate)

    def finalize_variable_values(self, variables: Iterable[Variable]) -> None:
        """Give the variables the values they shall keep, at the end of `fit`: their averages, with `use_ema`."""
        take_averages(self, variables)

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Update variables by gradients given in the same order, as Keras's method of this name.

        Raises:
            ValueError: the two differ in number, or a gradient's shape is not its variable's.
        """
        variables = list(self._runs[0] if trainable_variables is None else trainable_variables)
        arrays = [np.asarray(grad) for grad in grads]
        if [array.shape for array in arrays] != [variable.shape for variable in variables]:
            raise ValueError(
                f"{type(self).__name__} expects one gradient a variable, of shapes {[v.shape for v in variables]}; "
                f"got shapes {[a.shape for a in arrays]}"
            )
        for variable, array in zip(variables, arrays, strict=True):
            variable.grad[...] = array
        self.step(variables)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> None:
        """The same for pairs."""
        pairs = list(grads_and_vars)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])

    def _find_runs(self, variables: tuple[Variable, ...]) -> list[Run]:
        known, runs = self._runs
        if variables != known:  # variables compare by identity
            self.build(variables)
            runs = find_runs(variables)
            self._runs = (variables, runs)
        return runs
