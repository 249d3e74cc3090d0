"""`Cell`: one step of a recurrence, which `RNN` repeats."""

from typing import Any

import numpy as np

from minidl.config.nest import is_structure
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Options, Shape, Tensors
from minidl.graph.shapes import is_shape
from minidl.layers.layer import Layer
from minidl.layers.recurrent.cell_loop import Steps, draw_dropout, flat_sizes, output_size, packed_states, with_states


class Cell(Steps, Layer):
    """The base of our own cells: one step is a loop over a single step. A leaf defines what `Steps` names, and dropout."""

    def bind_call(
        self, inputs: Array, states: list[Array] | None = None, training: bool | None = None, **options: Any
    ) -> tuple[Arrays, Options]:
        """`[inputs, *states]`: the inputs of one step and the state, or a list of several states."""
        return with_states(inputs, states), {"training": training, **options}

    def returned(self, result: Tensors, args: tuple[object, ...], options: Options) -> tuple[Array, list[Array]]:
        """`(output, states)`, with several states as in `state_size`, and one in a list unless it was given alone."""
        given = options.get("states", args[1] if len(args) > 1 else [])
        output, *new = result
        states = packed_states(self.state_size, new)
        return output, [states] if is_structure(given) and not is_structure(states) else states

    def build(self, input_shape: AnyShapes) -> None:
        """Create the weights, from the shape of the inputs, alone or before those of the states."""
        self.add_weights(input_shape if is_shape(input_shape) else input_shape[0])

    def forward(self, x: list[Array], training: bool = False, drawn: object = None) -> tuple[tuple[Array, ...], object]:
        """Output and new states from `[inputs, *states]`; in training with the dropout masks `drawn`, or new ones."""
        inputs, *states = x
        if training and drawn is None:
            drawn = draw_dropout(self, len(inputs))
        outputs, ends, cache = self.forward_steps(inputs[np.newaxis], states, None, drawn, training)
        return (outputs[0], *ends), cache

    def backward(self, dy: Tensors, cache: Cache) -> list[Array]:
        """Gradients of the inputs and of the states, from those of the output and the new states."""
        dy, *dnew = dy
        dx, dstates = self.backward_steps([] if dy is None else dy[np.newaxis], dnew, cache)
        return [] if dx is None else [dx[0], *dstates]

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """The states before the first step: zeros."""
        return [np.zeros((batch_size, size), self.dtype) for size in flat_sizes(self.state_size)]

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        batch = (input_shape if is_shape(input_shape) else input_shape[0])[0]
        return (batch, output_size(self)), *((batch, size) for size in flat_sizes(self.state_size))

    def check_input(self, shape: list[tuple[int, ...]]) -> None:
        sizes = flat_sizes(self.state_size)
        given = [] if is_shape(shape) else list(shape)
        fits = len(given) == 1 + len(sizes) and all(len(one) == 2 for one in given)
        if not fits or [one[1] for one in given[1:]] != sizes:
            raise ValueError(
                f"{self.title} expects the inputs of one step, (batch, features), and states of {sizes} features, got shapes "
                f"{shape}; call it as cell(inputs, states), starting with cell.get_initial_state(batch_size)"
            )
        self.check_step(given[0])

    def check_step(self, shape: Shape) -> None:
        """Raise ValueError if the inputs have another number of features than the cell was built for."""
        if self.built and hasattr(self, "kernel") and shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"{self.title} expects inputs of {self.kernel.shape[0]} features, got shape {shape}; "
                f"its weights were made for {self.kernel.shape[0]} features"
            )
