"""`Optimizer`: how gradients change weights, on long vectors of neighbouring variables."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from minidl.config.checks import check_real
from minidl.config.configurable import Configurable
from minidl.config.naming import snake_case
from minidl.config.types import Array
from minidl.variable import Block, Run, Variable, find_runs, settle


class Optimizer(Configurable):
    """The base of all optimizers: clipping, slots, and the walk over the variables.

    A rule that treats every element alike defines `update_vector` and names its slots; it then works on whole runs of
    neighbouring variables. A rule that needs a variable's shape or norm defines `update_step` instead, as in Keras.

    Args:
        learning_rate: a number of at least 0; may be set at any time.
        clipnorm: each variable's gradient is shortened to this norm.
        clipvalue: each element of the gradients is cut to [-clipvalue, clipvalue].
        global_clipnorm: all gradients together are shortened to this norm.
        name: the class's name by default.
    """

    slot_names: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: float,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.learning_rate = learning_rate
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        clippings = ("clipnorm", "clipvalue", "global_clipnorm")
        given = {name: getattr(self, name) for name in clippings if getattr(self, name) is not None}
        if len(given) > 1:
            raise ValueError(f"{type(self).__name__} takes one way of clipping at a time, got {given}")
        for argument, value in given.items():
            if check_real(type(self).__name__, argument, value, low=0.0) == 0:
                raise ValueError(f"{type(self).__name__} expects {argument} to be above 0, got {value!r}")
        self.iterations = 0
        self._slots: dict[Block, dict[str, Array]] = {}
        self._runs: tuple[tuple[Variable, ...], list[Run]] = ((), [])

    @property
    def learning_rate(self) -> float:
        """The factor before each update."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = check_real(type(self).__name__, "learning_rate", value, low=0.0)

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
        for block in dict.fromkeys(variable.block for variable in variables):
            if block not in self._slots:
                self._slots[block] = {name: np.zeros_like(block.value) for name in self.slot_names}

    def slots(self, variable: Variable) -> dict[str, Array]:
        """The optimizer's memory of one variable, by name, each of the variable's shape; writing to it counts."""
        self.build([variable])
        block = self._slots[variable.block]
        return {name: slot[variable.start : variable.stop].reshape(variable.shape) for name, slot in block.items()}

    def step(self, variables: Sequence[Variable]) -> None:
        """Update the variables by their `grad`: clip, apply the rule run by run, apply constraints."""
        runs = self._find_runs(tuple(variables))
        self._clip(runs, variables)
        if type(self).update_vector is not Optimizer.update_vector:
            for run in runs:
                slots = {name: slot[run.start : run.stop] for name, slot in self._slots[run.block].items()}
                self.update_vector(run.value, run.grad, self.learning_rate, slots)
        else:
            for variable in variables:
                self.update_step(variable.grad, variable, self.learning_rate)
        self.iterations += 1
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

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

    def _clip(self, runs: list[Run], variables: Sequence[Variable]) -> None:
        if self.clipvalue is not None:
            for run in runs:
                np.clip(run.grad, -self.clipvalue, self.clipvalue, out=run.grad)
        elif self.clipnorm is not None:
            for variable in variables:
                _shorten(variable.grad, float(np.vdot(variable.grad, variable.grad)), self.clipnorm)
        elif self.global_clipnorm is not None:
            square = sum(float(np.dot(run.grad, run.grad)) for run in runs)
            for run in runs:
                _shorten(run.grad, square, self.global_clipnorm)


def _shorten(gradient: Array, square: float, limit: float) -> None:
    """Scale a gradient in place so that the norm whose square is given becomes at most `limit`."""
    if square > limit * limit:
        gradient *= limit / square**0.5
