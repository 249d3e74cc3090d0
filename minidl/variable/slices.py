"""`ParameterSlice`: neighboring variables of a buffer as one vector, so that an update or a norm is one operation."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from minidl.config.types import Array
from minidl.kernels.alignment import LINE
from minidl.variable.buffer import ParameterBuffer
from minidl.variable.variable import Variable


class ParameterSlice(NamedTuple):
    """A longest stretch of neighboring variables of one buffer, as one vector."""

    buffer: ParameterBuffer
    start: int
    stop: int
    variables: tuple[Variable, ...]

    @property
    def value(self) -> Array:
        """All values, one after another."""
        return self.buffer.value[self.start : self.stop]

    @property
    def grad(self) -> Array:
        """All gradients, in the same order."""
        for variable in self.variables:
            variable.grad  # noqa: B018  # reading a gradient that has not been set makes it zero
        return self.buffer.grad[self.start : self.stop]

    def chunks(self, longest: int) -> list[slice]:
        """The vector's indices in parts of about equal length, at most `longest`, each starting at a cache line."""
        size = self.stop - self.start
        length = max(-(-size // max(-(-size // longest), 1)), 1)
        length = min(-(-length // LINE) * LINE, longest)
        return [slice(start, start + length) for start in range(0, size, length)]


def allocate(variables: Iterable[Variable]) -> None:
    """Move variables that are not yet in a buffer next to one another: one buffer for each dtype, trainable ones first."""
    unallocated = [variable for variable in dict.fromkeys(variables) if not variable.is_allocated]
    for dtype in dict.fromkeys(variable.dtype for variable in unallocated):
        moving = sorted((v for v in unallocated if v.dtype == dtype), key=lambda v: not v.trainable)
        buffer = ParameterBuffer(sum(v.size for v in moving), np.dtype(dtype))
        start = 0
        for variable in moving:
            value, grad = variable.array, variable.grad
            variable._move_to(buffer, start, variable.size)
            variable._value[...], variable.grad = value, grad
            variable.is_allocated, start = True, variable.stop


def find_slices(variables: Iterable[Variable]) -> list[ParameterSlice]:
    """The longest stretches of neighboring variables, in whatever order the variables are given."""
    by_buffer: dict[ParameterBuffer, list[Variable]] = {}
    for variable in dict.fromkeys(variables):
        by_buffer.setdefault(variable.buffer, []).append(variable)
    slices: list[ParameterSlice] = []
    for buffer, members in by_buffer.items():
        for variable in sorted(members, key=lambda v: v.start):
            last = slices[-1] if slices else None
            if last is not None and last.buffer is buffer and last.stop == variable.start:
                slices[-1] = ParameterSlice(buffer, last.start, variable.stop, (*last.variables, variable))
            else:
                slices.append(ParameterSlice(buffer, variable.start, variable.stop, (variable,)))
    return slices
