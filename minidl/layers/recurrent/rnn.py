"""`RNN`: runs any cell, built-in or your own, over the steps of sequences."""

from typing import Any

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, Shape
from minidl.layers.layer import Layer
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.cell_loop import (
    StateSize,
    backward_steps,
    build_cell,
    draw_dropout,
    forward_steps,
    initial_states,
    output_size,
    penalty_of_steps,
)
from minidl.layers.recurrent.stacked import StackedRNNCells, check_cell


class RNN(BaseRNN):
    """Recurrent layer that repeats a cell over the steps of a sequence.

    A cell is a `Layer` that takes one step. It has a `state_size`: the width of its state, or a list of the widths of several.
    It defines `call(inputs, states)`, which returns `(output, [new_states])`, and `build(input_shape)`, as in Keras; or the
    passes themselves:

    - `forward([inputs, *states], training)` returns `((output, *new_states), cache)`;
    - `backward((d_output, *d_new_states), cache)` returns `[d_inputs, *d_states]`; the gradient of an unused output is `None`;
    - `build`, if it has weights, gets a list of shapes as `forward` gets a list of arrays: `[inputs, *states]`.

    It may also have

    - `output_size`: the width of its output, if that is not the width of its first state;
    - `get_initial_state(batch_size)`: the states before the first step, a list of arrays, if they are not zeros;
    - `draw_dropout(batch_size)`: dropout masks for all steps of a batch of sequences, drawn in training from a generator of
      the cell; `forward` gets them as its argument `drawn`.

    A masked step keeps the states and repeats the previous output; before the first step that is the first state if it has the
    output's width, otherwise zeros. The built-in cells compute all steps in one call and are as fast as the layers.

    Args:
        cell: a cell, or a list of stacked cells, the lowest first.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last states are returned too, as `(y, *states)`.
        go_backwards: whether time is reversed; the outputs are in the order in which they were computed.
        stateful: whether a batch starts with the last states of the previous one, row by row; see `reset_state`.
        unroll: accepted for compatibility with Keras, and ignored.
        zero_output_for_mask: whether the output of a masked step is zeros.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, time, features) -> y (batch, output_size) or (batch, time, output_size); mask (batch, time).
    Raises:
        TypeError: `cell` is not a layer with a `state_size`.
        ValueError: as for `LSTM`.
    Example:
        >>> class Sum(Layer):
        ...     state_size = 3
        ...     def call(self, inputs, states):
        ...         total = inputs + states[0]
        ...         return total, [total]
        >>> RNN(Sum())(np.ones((2, 5, 3)))
        array([[5., 5., 5.],
               [5., 5., 5.]], dtype=float32)
        >>> from minidl.layers import GRUCell, LSTMCell
        >>> RNN([LSTMCell(8), GRUCell(4)], return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    @inherit_arguments(BaseRNN, without=("use_cudnn",))
    def __init__(self, cell: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell: Layer = StackedRNNCells(list(cell), dtype=self.dtype) if isinstance(cell, (list, tuple)) else cell
        check_cell("RNN", self.cell)

    @property
    def state_size(self) -> StateSize:
        return getattr(self.cell, "state_size", None)

    @property
    def output_size(self) -> int:
        return output_size(self.cell)

    def add_weights(self, shape: Shape) -> None:
        """Build the cell."""
        build_cell(self.cell, shape[0], shape[1:])

    def get_initial_state(self, batch_size: int) -> list[Array]:
        return initial_states(self.cell, batch_size)

    def draw_dropout(self, batch: int) -> object:
        return draw_dropout(self.cell, batch)

    def forward_steps(
        self, steps: Array, states: list[Array], mask: Array | None, drawn: object, training: bool
    ) -> tuple[Array, list[Array], object]:
        """The cell over all steps, in the cell's float type."""
        steps, states = self.cell.as_arrays(steps), self.cell.as_arrays(states)
        outputs, ends, cache = forward_steps(self.cell, steps, states, mask, drawn, training)
        return self.as_arrays(outputs), self.as_arrays(ends), cache

    def backward_steps(
        self, dy: Array, dstates: list[Array | None], cache: object, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """The cell backward through all steps."""
        dy, dstates = self.cell.as_arrays(dy), [self.cell.as_arrays(one) for one in dstates]
        dx, dstarts = backward_steps(self.cell, dy, dstates, cache, needs_dx)
        return self.as_arrays(dx), self.as_arrays(dstarts)

    def penalty(self, cache: Cache) -> float:
        """What the cell's steps add to the loss."""
        return penalty_of_steps(self.cell, cache[0])

    @property
    def has_penalty(self) -> bool:
        return self.activity_regularizer is not None or self.cell.has_penalty
