"""`RNN`: any cell, ours or yours, over the steps of sequences."""

from typing import Any

from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.recurrent.sequence_layer import SequenceLayer
from minidl.layers.recurrent.stacked import StackedRNNCells, check_cell
from minidl.layers.recurrent.walking import build_cell, draw_for, first_states, output_size, walk, walk_back, walk_penalty


class RNN(SequenceLayer):
    """Recurrent layer made of a cell, which it repeats over the steps of a sequence.

    A cell is a `Layer` that takes one step:

    - `state_size`: the width of its state, or a list of the widths of several;
    - `forward([inputs, *states], training)` returns `((output, *new_states), cache)`; Keras's cells return
      `(output, [new_states])` from `call(inputs, states)`;
    - `backward((d_output, *d_new_states), cache)` returns `[d_inputs, *d_states]`; what nobody used comes as `None`;
    - `build`, when it has weights, gets a list of shapes as `forward` gets a list of arrays: `[inputs, *states]`.

    And it may have

    - `output_size`: the width of its output, where that is not the width of its first state;
    - `get_initial_state(batch_size)`: the states before the first step, a list of arrays, where they are not zeros;
    - `draw_dropout(batch_size)`: dropout masks for all steps of a batch of sequences, drawn in training from a generator of
      the cell; what it returns comes to `forward` as the argument `drawn`.

    A masked step keeps the states and repeats the output before it; before the first there is the first state, where that is
    the output too, else zeros. Our own cells take all steps at once and are as fast as the layers of that name.

    Args:
        cell: a cell, or a list of cells on top of one another, the lowest first.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last states are returned too, as `(y, *states)`.
        go_backwards: whether time runs backwards; the outputs then come in the order in which they were computed.
        stateful: whether a batch begins with the states in which the one before ended, row by row; see `reset_state`.
        unroll: accepted for Keras's sake; nothing changes.
        zero_output_for_mask: whether a masked step puts out zeros.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, time, features) -> y (batch, output_size) or (batch, time, output_size); mask (batch, time).
    Raises:
        TypeError: `cell` is not a layer with a `state_size`.
        ValueError: as for `LSTM`.
    Example:
        >>> class Sum(Layer):
        ...     state_size = 3
        ...     def forward(self, x, training=False):
        ...         inputs, total = x
        ...         return (inputs + total, inputs + total), None
        ...     def backward(self, dy, cache):
        ...         d = sum(part for part in dy if part is not None)
        ...         return [d, d]
        >>> RNN(Sum())(np.ones((2, 5, 3)))
        array([[5., 5., 5.],
               [5., 5., 5.]], dtype=float32)
        >>> from minidl.layers import GRUCell, LSTMCell
        >>> RNN([LSTMCell(8), GRUCell(4)], return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **kwargs,
        )
        self.cell: Layer = StackedRNNCells(list(cell), dtype=self.dtype) if isinstance(cell, (list, tuple)) else cell
        check_cell("RNN", self.cell)

    @property
    def state_size(self) -> Any:
        """The width of the cell's state, or a list of widths."""
        return getattr(self.cell, "state_size", None)

    @property
    def output_size(self) -> int:
        """The width of the cell's output."""
        return output_size(self.cell)

    def add_weights(self, shape: Shape) -> None:
        """Build the cell."""
        build_cell(self.cell, shape[0], shape[1:])

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """The cell's states before the first step."""
        return first_states(self.cell, batch_size)

    def draw_dropout(self, batch: int) -> Any:
        """What the cell's dropout draws for a whole batch of sequences."""
        return draw_for(self.cell, batch)

    def walk(
        self, steps: Array, states: list[Array], keep: Array | None, drawn: Any, training: bool
    ) -> tuple[Array, list[Array], Any]:
        """The cell's walk over the steps, in the cell's float type."""
        steps, states = self.cell.as_arrays(steps), self.cell.as_arrays(states)
        outputs, ends, cache = walk(self.cell, steps, states, keep, drawn, training)
        return self.as_arrays(outputs), self.as_arrays(ends), cache

    def walk_back(
        self, dy: Array, dstates: list[Array | None], cache: Any, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """The cell's walk back."""
        dy, dstates = self.cell.as_arrays(dy), [self.cell.as_arrays(one) for one in dstates]
        dx, dstarts = walk_back(self.cell, dy, dstates, cache, needs_dx)
        return self.as_arrays(dx), self.as_arrays(dstarts)

    def penalty(self, cache: Any) -> float:
        """What the cell's steps add to the loss."""
        return walk_penalty(self.cell, cache[0])
