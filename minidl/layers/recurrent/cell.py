"""`Cell`: one step of a recurrence, which `RNN` repeats."""

from typing import Any

import numpy as np

from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.recurrent.walking import draw_for, flat_sizes, output_size
from minidl.layers.shapes import is_shape


class Cell(Layer):
    """The base of our own cells: a step is a walk over one step.

    Leaves define `state_size`, `add_weights(shape)`, `walk`, `walk_back` and `draw_dropout`.
    """

    roles = ("inputs", "states")

    @property
    def state_size(self) -> Any:
        """Width of the state, or a list of the widths of several."""
        raise TypeError(f"{type(self).__name__} defines no state_size")

    def add_weights(self, shape: Shape) -> None:
        """Create the weights, now that the shape of a step's inputs is known."""
        raise TypeError(f"{type(self).__name__} defines no add_weights")

    def walk(
        self, steps: Array, states: list[Array], keep: Array | None, drawn: Any, training: bool
    ) -> tuple[Array, list[Array], Any]:
        """Walk over steps (time, batch, features); see `walking.walk`."""
        raise TypeError(f"{type(self).__name__} defines no walk")

    def walk_back(
        self, dy: Array, dstates: list[Array | None], cache: Any, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """Walk back over them; see `walking.walk_back`."""
        raise TypeError(f"{type(self).__name__} defines no walk_back")

    def build(self, input_shape: Any) -> None:
        """Create the weights, from the shape of the inputs, alone or before those of the states."""
        self.add_weights(input_shape if is_shape(input_shape) else input_shape[0])

    def forward(self, x: list[Array], training: bool = False, drawn: Any = None) -> tuple[tuple[Array, ...], Any]:
        """Output and new states from `[inputs, *states]`; in training under dropout masks `drawn` before, or now."""
        inputs, *states = x
        if training and drawn is None:
            drawn = draw_for(self, len(inputs))
        outputs, ends, cache = self.walk(inputs[np.newaxis], states, None, drawn, training)
        return (outputs[0], *ends), cache

    def backward(self, dy: Any, cache: Any) -> list[Array]:
        """Gradients of the inputs and of the states, from those of the output and the new states."""
        dy, *dnew = dy
        dx, dstates = self.walk_back([] if dy is None else dy[np.newaxis], dnew, cache)
        return [] if dx is None else [dx[0], *dstates]

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """The states before the first step: zeros."""
        return [np.zeros((batch_size, size), self.dtype) for size in flat_sizes(self.state_size)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """`(batch, units)` for the output, and the states' shapes."""
        batch = (input_shape if is_shape(input_shape) else input_shape[0])[0]
        return (batch, output_size(self)), *((batch, size) for size in flat_sizes(self.state_size))

    def check_input(self, shape: Any) -> None:
        """Refuse what is not one step's inputs and its states."""
        sizes = flat_sizes(self.state_size)
        given = [] if is_shape(shape) else list(shape)
        fits = len(given) == 1 + len(sizes) and all(len(one) == 2 for one in given)
        if not fits or [one[1] for one in given[1:]] != sizes:
            raise ValueError(
                f"{self.title} expects the inputs of one step, (batch, features), and states of {sizes} features, got shapes "
                f"{shape}; call it as cell(inputs, states), beginning with cell.get_initial_state(batch_size)"
            )
        self.check_step(given[0])

    def check_step(self, shape: Shape) -> None:
        """Refuse inputs of other features than the cell was built for."""
        if self.built and hasattr(self, "kernel") and shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"{self.title} expects inputs of {self.kernel.shape[0]} features, got shape {shape}; "
                f"its weights were made for {self.kernel.shape[0]} features"
            )
