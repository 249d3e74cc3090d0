"""`OptimizerVariables`: what an optimizer keeps between steps: its step counter, its learning rate and its slots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from minidl import initializers
from minidl.config.checks import check_real
from minidl.config.types import Array, DTypeLike, LearningRateLike, Options
from minidl.kernels.alignment import aligned_copy
from minidl.optimizers.schedules.schedule import LearningRateSchedule
from minidl.optimizers.settings import OptimizerSettings
from minidl.variable import ParameterBuffer, ParameterSlice, Variable, allocate, variable_of

if TYPE_CHECKING:  # a first prediction does not wait for this import
    from minidl.optimizers.options import OptimizerOptions


class LearningRate(Variable):
    """The learning rate as a variable that `optimizer.learning_rate *= 0.5` may compute with; the optimizer sets the result."""

    __iadd__, __isub__, __imul__, __itruediv__ = Variable.__add__, Variable.__sub__, Variable.__mul__, Variable.__truediv__


class OptimizerVariables(OptimizerSettings):
    """The state of an optimizer, as variables that can be listed, read and set.

    Args:
        learning_rate: a number of at least 0, a schedule, or a function without arguments.
        **kwargs: the other arguments of `OptimizerSettings`.
    Attributes:
        built: whether the slots exist.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(self, learning_rate: LearningRateLike, **kwargs: Unpack[OptimizerOptions]) -> None:
        super().__init__(**kwargs)
        self.built = False
        self._iterations = Variable(0, dtype="int64", trainable=False, name="iteration")
        self._learning_rate: Any = None
        self.learning_rate = learning_rate
        self._slots: dict[ParameterBuffer, dict[str, Array]] = {}
        self._variables_to_train: list[Variable] = []
        self._own_variables: list[Variable] = []  # of `add_variable`

    @property
    def iterations(self) -> Any:
        """The number of updates so far, a variable; with `gradient_accumulation_steps` an integer, fewer than batches."""
        each = self.gradient_accumulation_steps
        return self._iterations if each is None else int(self._iterations) // each

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the next update: a variable, or the value of the schedule at this step."""
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate
        current = rate(int(self._iterations)) if isinstance(rate, LearningRateSchedule) else rate()
        return float(check_real(type(self).__name__, f"the result of {rate!r}", current, low=0.0, open_high=True))

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        title, known = type(self).__name__, self._learning_rate
        if callable(value):
            self._learning_rate = value
            return
        if callable(known):
            raise TypeError(
                f"{title} follows {known!r}, so its learning rate cannot be set to {value!r}; "
                f"make it with a number to set it yourself, or set another schedule"
            )
        number = float(value) if hasattr(value, "dtype") and np.shape(value) == () else value
        number = check_real(title, "learning_rate", number, low=0.0, open_high=True)
        if known is None:
            self._learning_rate = LearningRate(number, dtype="float64", trainable=False, name="learning_rate")
        else:
            known.assign(number)

    @property
    def lr(self) -> Any:
        """The older name of `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: LearningRateLike) -> None:
        self.learning_rate = value

    def constructor_arguments(self) -> Options:
        """Every constructor argument by name; a schedule as such, not its value at this step."""
        arguments, rate = super().constructor_arguments(), self._learning_rate
        if "learning_rate" in arguments:
            arguments["learning_rate"] = float(rate) if isinstance(rate, Variable) else rate
        return arguments

    # Slots.

    def build(self, variables: Iterable[Variable]) -> None:
        """Create the slots of these variables; existing slots keep their values."""
        variables = list(variables)
        self._make_slots(variables)
        known = set(self._variables_to_train)
        self._variables_to_train += [v for v in variables if v.trainable and v not in known]
        self.built = True

    def _make_slots(self, variables: Sequence[Variable]) -> None:
        allocate(variables)
        names = (*self.slot_names, *self.shared_slots)
        for block in dict.fromkeys(variable.buffer for variable in variables):
            if block not in self._slots:
                first = ((name, self.first_slot(name, block.value)) for name in names)
                self._slots[block] = {name: aligned_copy(slot, place) for place, (name, slot) in enumerate(first, 2)}

    def first_slot(self, name: str, value: Array) -> Array:
        """Initial value of a slot for the vector `value`: zeros by default."""
        return value.copy() if name == "average" else np.zeros_like(value)

    def slots(self, variable: Variable) -> dict[str, Array]:
        """The slots of one variable by name, writable views of the variable's shape."""
        self._make_slots([variable])
        block = self._slots[variable.buffer]
        return {name: slot[variable.start : variable.stop].reshape(variable.shape) for name, slot in block.items()}

    def slice_slots(self, part: ParameterSlice) -> dict[str, Array]:
        """The slots of a slice by name, vectors as long as the slice."""
        return {name: slot[part.start : part.stop] for name, slot in self._slots[part.buffer].items()}

    def slot_groups(self) -> list[tuple[str, ...]]:
        """The names of the slots in the order of `variables`; those of a group alternate from variable to variable."""
        return [self.slot_names]

    @property
    def variables(self) -> list[Variable]:
        """The step counter, the learning rate, and the slots of every variable, in Keras's order; they share their memory."""
        rate = [self._learning_rate] if isinstance(self._learning_rate, Variable) else []
        found = [self._iterations, *rate]
        for names in [(name,) for name in reversed(self.shared_slots)] + self.slot_groups():
            for variable in self._variables_to_train:
                slots, stem = self.slots(variable), variable.path.replace("/", "_")
                found += [variable_of(slots[n], f"{stem}_{_KERAS_NAMES.get(n, n)}") for n in names if n in slots]
        found += self._own_variables
        for variable in found:
            variable.path = f"{self.name}/{variable.name}"
        return found

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set every variable of `variables`, in that order, from variables or arrays.

        Raises:
            ValueError: their number or a shape differs; nothing is changed then.
        """
        variables = self.variables
        arrays = [np.asarray(weight) for weight in weights]
        shapes, given = [v.shape for v in variables], [array.shape for array in arrays]
        if shapes != given:
            fix = "" if self.built else "; call build(model.trainable_variables) first, which creates them"
            raise ValueError(f"{type(self).__name__} has {len(shapes)} variables of shapes {shapes}, got shapes {given}{fix}")
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    # What an optimizer written for Keras uses instead of slots.

    @property
    def own_variables(self) -> list[Variable]:
        """The variables that were made with `add_variable`."""
        return self._own_variables

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: object = "zeros",
        dtype: DTypeLike = None,
        aggregation: str = "none",
        layout: object = None,
        name: str | None = None,
    ) -> Variable:
        """Add a variable of the optimizer; `aggregation` and `layout` are accepted for compatibility with Keras."""
        made = Variable(initializers.get(initializer), shape, dtype, trainable=False, name=name or "variable")
        self._own_variables.append(made)
        return made

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: object = "zeros"
    ) -> Variable:
        """Add a variable of the shape and dtype of a weight."""
        stem = f"{reference_variable.path.replace('/', '_')}_{name or 'var'}"
        return self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=stem)

    def add_optimizer_variables(
        self, trainable_variables: Iterable[Variable], name: str | Sequence[str], initializer: object = "zeros"
    ) -> Any:
        """Add a variable for each weight: a list of them; for several names a tuple of lists, one for each name."""
        names = [name] if isinstance(name, str) else list(name)
        initial = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        lists: tuple[list[Variable], ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for made, one, first in zip(lists, names, initial, strict=True):
                made.append(self.add_variable_from_reference(variable, one, first))
        return lists[0] if isinstance(name, str) else lists

    def stateless_apply(self, *args: object, **kwargs: object) -> tuple[list[Array], list[Array]]:
        """Not available: raises TypeError."""
        raise TypeError(
            "stateless_apply is for JAX; minidl's optimizers update variables in place, with apply(grads, variables)"
        )

    def _get_variable_index(self, variable: Variable) -> int:
        """The position of a weight among those the optimizer was built for."""
        return self._variables_to_train.index(variable)

    def assign(self, variable: Variable, value: Any) -> None:
        """`variable.assign(value)`."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: object) -> None:
        """`variable.assign_add(value)`."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: object) -> None:
        """`variable.assign_sub(value)`."""
        variable.assign_sub(value)


_KERAS_NAMES = {
    "accumulated": "gradient_accumulator",
    "accumulated_gradient": "accumulated_grad",
    "accumulated_step": "accumulated_delta_var",
}
