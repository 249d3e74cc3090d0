"""`Optimizer`: the base class; one step on contiguous slices of the weights."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Unpack

import numpy as np

from minidl.config.types import Array, LearningRateLike, State
from minidl.kernels.compiled import start_compiled
from minidl.kernels.gradient_limits import GRADIENT_LIMITS
from minidl.kernels.in_use import in_use, is_compiled
from minidl.kernels.threads import helpers_are_awake, in_parallel
from minidl.optimizers.accumulation import accumulate
from minidl.optimizers.averaging import update_average
from minidl.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from minidl.optimizers.decay import decay
from minidl.optimizers.given_gradients import given_gradients
from minidl.optimizers.tiny_values import LEAST_EPSILON, UPDATES, set_tiny_to_zero
from minidl.optimizers.variables import OptimizerVariables
from minidl.variable import ParameterSlice, Variable, find_slices

if TYPE_CHECKING:  # a first prediction does not wait for this import
    from minidl.optimizers.options import OptimizerOptions

Chunk = tuple[Array, Array, dict[str, Array]]  # a vector of values, its gradients and its slots
# Elements that are updated at once, measured: compiled, two threads share few weights; with NumPy, they gain from many only.
CHUNK, PLAIN_CHUNK = 1 << 16, 1 << 17


class Optimizer(OptimizerVariables):
    """Base class of all optimizers: keeps the slots (such as momentum) and applies the update to all variables.

    An elementwise optimizer defines `update_vector` and names its slots; it updates contiguous slices of the weight buffer
    that may hold many variables. One that needs a variable's shape or norm defines `update_step` instead, as in Keras.

    Args:
        learning_rate: a number of at least 0, which may be set at any time, or a schedule.
        **kwargs: the other arguments of `OptimizerSettings`.
    Example:
        >>> class Signs(Optimizer):
        ...     def update_vector(self, value, gradient, learning_rate, slots):
        ...         value -= learning_rate * np.sign(gradient)
        >>> weight = Variable([1.0, 1.0])
        >>> weight.grad += [3.0, -0.5]
        >>> Signs(0.25).step([weight])
        >>> weight.value
        array([0.75, 1.25], dtype=float32)
    """

    needs_full_batch: ClassVar[bool] = False  # True for rules that evaluate the loss themselves, with `minimize`

    def __init__(self, learning_rate: LearningRateLike, **kwargs: "Unpack[OptimizerOptions]") -> None:
        super().__init__(learning_rate, **kwargs)
        self._slices: tuple[tuple[Variable, ...], list[ParameterSlice]] = ((), [])
        self._has_updated = False  # whether the slices below were updated before
        self._whole: list[Chunk] = []  # the values, gradients and slots of the slices
        self._chunks: list[Chunk] = []  # the same in chunks

    @property
    def batches(self) -> int:
        """Number of batches so far."""
        return int(self._iterations.array.item())

    @batches.setter
    def batches(self, number: int) -> None:
        self._iterations.array[()] = number

    @property
    def updates(self) -> int:
        """Number of updates so far; with `gradient_accumulation_steps` fewer than batches."""
        return int(self._iterations.array.item()) // (self.gradient_accumulation_steps or 1)

    def current_rate(self) -> float:
        """The learning rate of the next update as a number."""
        rate = self._learning_rate
        return float(rate.array.item() if isinstance(rate, Variable) else self.learning_rate)

    def update_vector(self, value: Array, gradient: Array, learning_rate: float, slots: dict[str, Array]) -> None:
        """Update the vector `value` in place; `slots` holds a vector of the same length for each of `slot_names`.

        The formula must be elementwise: a long vector is updated in several chunks, one call each.
        """
        raise TypeError(f"{type(self).__name__} defines neither update_vector nor update_step")

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Update one variable in place."""
        slots = {name: slot.reshape(-1) for name, slot in self.slots(variable).items()}
        self.update_vector(variable.value.reshape(-1), gradient.reshape(-1), learning_rate, slots)

    def step(self, variables: Sequence[Variable]) -> None:
        """Update the variables by their `grad`: accumulate, clip, decay, update, average, apply constraints."""
        slices = self._find_slices(tuple(variables))
        for variable in variables:
            if variable.grad_is_zero:
                variable.grad  # noqa: B018  # reading it writes zeros
        options = self.clipvalue, self.clipnorm, self.global_clipnorm, self.gradient_accumulation_steps
        changes_gradients = options != (None,) * len(options)
        update = in_use[type(self).update_vector] if type(self).update_step is Optimizer.update_step else None
        compiled = update not in (None, type(self).update_vector)
        if changes_gradients or not compiled or not self._has_updated:  # the first compilation may fail
            self._limit_gradients()  # compiled updates do that themselves
        if self.gradient_accumulation_steps is None or self._accumulate(slices, self.gradient_accumulation_steps):
            if changes_gradients:
                self._clip(slices)
            if self.weight_decay:
                decay(slices, self.current_rate() * self.weight_decay, self.decays)
            self._update(slices, update, compiled)
            self._has_updated = True
        if self.use_ema:
            self._average(slices)
        self._iterations.array[()] = self._iterations.array.item() + 1  # a tenth of the time of `+=`
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

    def _limit_gradients(self) -> None:
        """Clip large gradients, so that no slot becomes infinite."""
        for _, gradient, _ in self._chunks:  # is any element large? `vdot` is fast, and warns of no overflow
            if np.vdot(gradient, gradient) > (limit := GRADIENT_LIMITS[gradient.dtype.itemsize]) ** 2:
                np.clip(gradient, -limit, limit, out=gradient)

    def _accumulate(self, slices: list[ParameterSlice], steps: int) -> bool:
        """True if this batch makes an update, which is every n-th one."""
        pairs = ((self.slice_slots(part)["accumulated"], part.grad) for part in slices)
        return accumulate(pairs, self.batches + 1, steps)

    def _clip(self, slices: list[ParameterSlice]) -> None:
        if self.clipvalue is not None:
            clip_by_value((part.grad for part in slices), self.clipvalue)
        elif self.clipnorm is not None:
            clip_by_norm((variable.grad for part in slices for variable in part.variables), self.clipnorm)
        elif self.global_clipnorm is not None:
            clip_by_global_norm((part.grad for part in slices), self.global_clipnorm)

    def _average(self, slices: list[ParameterSlice]) -> None:
        """Update the moving averages after each batch; before the second update they are the weights themselves."""
        momentum = self.ema_momentum if self.updates else 0.0
        overwrite = self.ema_overwrite_frequency and (self.updates + 1) % self.ema_overwrite_frequency == 0
        for part in slices:
            average = self.slice_slots(part)["average"]
            update_average(average, part.value, momentum)
            if overwrite:
                part.value[...] = average

    def _update(self, slices: list[ParameterSlice], update: Callable[..., None] | None, compiled: bool) -> None:
        """Apply `update`, the `update_vector` in use, to chunks of each slice, or `update_step` to each variable."""
        if self.updates % UPDATES == UPDATES - 1 and vars(self).get("epsilon", 1.0) >= LEAST_EPSILON:
            set_tiny_to_zero(slot for _, _, slots in self._chunks for slot in slots.values())
        rate = self.current_rate()
        if update is None:
            for part in slices:
                for variable in part.variables:
                    self.update_step(variable.grad, variable, rate)
            return
        is_built_in = update.__module__.startswith("minidl.")  # others may draw random numbers
        if helpers_are_awake() if compiled else (is_built_in and len(self._chunks) > 4):
            in_parallel(lambda chunk: update(self, chunk[0], chunk[1], rate, chunk[2]), self._chunks)
            return
        for value, gradient, slots in self._whole if compiled else self._chunks:
            update(self, value, gradient, rate, slots)

    def finalize_variable_values(self, variables: Iterable[Variable]) -> None:
        """Set the final values of the variables at the end of `fit`: with `use_ema` their moving averages."""
        if self.use_ema and self.batches:
            for variable in variables:
                variable.assign(self.slots(variable)["average"])

    def apply(self, grads: Sequence[object], trainable_variables: Sequence[Variable] | None = None) -> Variable:
        """Update the variables by these gradients, in the same order; a gradient of `None` leaves its variable unchanged.

        Args:
            grads: arrays.
            trainable_variables: the variables; those of `build` by default.
        Returns:
            The step counter.
        Raises:
            ValueError: the numbers differ, a gradient does not have the shape of its variable, or all are `None`.
        """
        variables = list(self._variables_to_train if trainable_variables is None else trainable_variables)
        pairs = given_gradients(type(self).__name__, grads, variables)
        for variable, gradient in pairs:
            variable.grad[...] = gradient
        if not self.built:
            self.build(variables)
        self.step([variable for variable, _ in pairs])
        return self._iterations

    def apply_gradients(self, grads_and_vars: Iterable[tuple[object, Variable]]) -> Variable:
        """Update variables by pairs of (gradient, variable)."""
        pairs = list(grads_and_vars)
        return self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])

    def _find_slices(self, variables: tuple[Variable, ...]) -> list[ParameterSlice]:
        known, slices = self._slices
        if variables != known:  # variables compare by identity
            start_compiled()
            self.build(variables)
            self._make_slots(variables)
            slices, self._whole, self._chunks, self._has_updated = find_slices(variables), [], [], False
            for part in slices:
                value, gradient, slots = part.value, part.grad, self.slice_slots(part)
                self._whole.append((value, gradient, slots))
                for chunk in part.chunks(CHUNK if is_compiled() else PLAIN_CHUNK):
                    self._chunks.append((value[chunk], gradient[chunk], {name: slot[chunk] for name, slot in slots.items()}))
            self._slices = (variables, slices)
        return slices

    def __getstate__(self) -> State:
        """Without views, which would be copies in a copy of the optimizer."""
        return self.__dict__ | {"_slices": ((), []), "_whole": [], "_chunks": []}
