"""`BaseRNN`: what all recurrent layers share: time order, masks, initial and returned states, state between batches."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl.config.types import AnyShapes, Array, Arrays, Cache, Shape, Shapes, Tensors
from minidl.graph.shapes import is_shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.recurrent.cell_loop import SequenceCall, Steps, flat_sizes
from minidl.variable import Variable


class BaseRNN(SequenceCall, Steps, Layer):
    """The base of the recurrent layers: puts the time axis first and passes all steps to the loop.

    Leaves define `state_size` and `output_size`, `add_weights(shape)`, `forward_steps`, `backward_steps` and `draw_dropout`.

    Its arguments are those that all of them take, see `LSTM`.

    Attributes:
        states: the states that a stateful layer carries from batch to batch, a list of variables.
    """

    supports_masking = True

    def __init__(
        self,
        *,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        use_cudnn: bool | str = "auto",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.use_cudnn = use_cudnn
        self.states: list[Variable] = []

    # What a leaf defines, with the methods of `Steps`.

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the sequences."""
        return ("batch", "time", "features")

    @property
    def output_size(self) -> int:
        """Width of the output."""
        raise TypeError(f"{type(self).__name__} defines no output_size")

    def draw_dropout(self, batch: int) -> object:
        """The dropout masks for a whole batch of sequences."""
        raise TypeError(f"{type(self).__name__} defines no draw_dropout")

    def step_shapes(self, batch: int | None, step: Shape) -> tuple[Shape, list[Shape]]:
        """Shapes of one step's output and of the states, for steps of this shape without the batch axis."""
        return (batch, self.output_size), [(batch, size) for size in flat_sizes(self.state_size)]

    def get_initial_state(self, batch_size: int) -> list[Array]:
        """The states before the first step: zeros."""
        _, shapes = self.step_shapes(batch_size, self.step_shape)
        return [np.zeros([size or 0 for size in shape], self.dtype) for shape in shapes]

    # What all of them do.

    @property
    def carries_state(self) -> bool:
        """Whether the layer is stateful."""
        return self.stateful

    def build(self, input_shape: Shape | list[Shape]) -> None:
        """Create the weights, and the states that a stateful layer carries from batch to batch."""
        batch, _, *step = _sequences_of(input_shape)
        if self.stateful and batch is None:
            raise ValueError(
                f"{self.title} is stateful and needs to know the batch size, got shape {input_shape}; "
                f"begin the model with Input(batch_shape=({', '.join(self.axes)}))"
            )
        self.step_shape = tuple(step)
        self.add_weights((batch, *step))
        if self.stateful and batch is not None:
            starts = self.get_initial_state(batch)
            self.states = [self.add_weight(one.shape, "zeros", trainable=False, name="rnn_state") for one in starts]
            for state in self.states:
                state.is_carried = True
            self.reset_state()

    def forward(
        self, x: Array | list[Array], training: bool = False, mask: Array | list[Array | None] | None = None
    ) -> tuple[Arrays, object]:
        """The outputs of all steps, or the last one; x is the sequences alone, or `[sequences, *initial_state]`."""
        sequences, *states = x if isinstance(x, (list, tuple)) else [x]
        batch, states_given = len(sequences), len(states) > 0
        if not states_given:
            states = [one.numpy() for one in self.states] if self.stateful else self.get_initial_state(batch)
        step_mask = self._step_mask(mask, sequences.shape)
        steps = np.ascontiguousarray(self._in_time_order(sequences.swapaxes(0, 1)))  # (time, batch, ...)
        drawn = self.draw_dropout(batch) if training else None
        outputs, ends, cache = self.forward_steps(steps, states, step_mask, drawn, training)
        for state, end in zip(self.states, ends, strict=False):
            state.assign(end)
        output_mask = step_mask if self.zero_output_for_mask else None
        if output_mask is not None:
            outputs = outputs * output_mask
        y = outputs.swapaxes(0, 1) if self.return_sequences else outputs[-1]
        return (y, *ends) if self.return_state else y, (cache, output_mask, isinstance(x, (list, tuple)), states_given)

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """`dx` by backpropagation through time; with `initial_state` a list of it and the gradients of the states."""
        dx, dstates = self._backward_steps(dy, cache, needs_dx=True)
        _, _, is_list, states_given = cache
        dx = self._in_time_order(dx).swapaxes(0, 1)
        return [dx, *(dstates if states_given else [])] if is_list else dx

    def backward_weights(self, dy: Array, cache: object) -> None:
        """The weights' gradients, without the products that give `dx`."""
        self._backward_steps(dy, cache, needs_dx=False)

    def _backward_steps(self, dy: Tensors, cache: Cache, needs_dx: bool) -> tuple[Tensors, list[Array]]:
        steps_cache, output_mask, _, _ = cache
        dy, *dstates = dy if self.return_state else (dy,)
        dsteps: Tensors = [] if dy is None else dy.swapaxes(0, 1) if self.return_sequences else dy[np.newaxis]
        if output_mask is not None and len(dsteps) > 0:
            dsteps = dsteps * output_mask[-len(dsteps) :]
        unused: list[Array | None] = [None] * len(flat_sizes(self.state_size))
        return self.backward_steps(dsteps, dstates or unused, steps_cache, needs_dx)

    def compute_mask(
        self, inputs: Array | list[Array] | None, mask: Array | list[Array | None] | None = None
    ) -> Array | list[Array | None] | None:
        """The sequences' mask, if every step's output is returned; the states have none."""
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        mask = mask if self.return_sequences else None
        return [mask, *[None] * len(flat_sizes(self.state_size))] if self.return_state else mask

    def compute_output_shape(self, input_shape: AnyShapes) -> Shapes:
        batch, time, *step = _sequences_of(input_shape)
        (_, *output), states = self.step_shapes(batch, tuple(step))
        y = (batch, time, *output) if self.return_sequences else (batch, *output)
        return (y, *states) if self.return_state else y

    def check_input(self, shape: Shape) -> None:
        several = isinstance(shape, list)
        sequences, *states = shape if several else [shape]
        if not isinstance(sequences, tuple) or len(sequences) != len(self.axes):
            raise ValueError(
                f"{self.title} expects sequences, shape ({', '.join(self.axes)}), got shape {sequences}; "
                f"pass a single sequence as x[np.newaxis], a single feature per step as x[..., np.newaxis]; "
                f"a recurrent layer before it needs return_sequences=True"
            )
        if sequences[1] == 0:
            raise ValueError(f"{self.title} expects at least one step, got shape {sequences}; leave out empty sequences")
        self.check_step(sequences)
        rows = self.states[0].shape[0] if self.states else None
        if rows is not None and sequences[0] not in (None, rows):
            raise ValueError(
                f"{self.title} is stateful and keeps {rows} rows from batch to batch, got shape {sequences}; "
                f"every batch must have {rows} rows"
            )
        expected = self.step_shapes(sequences[0], sequences[2:])[1]
        if states and not _all_fit(states, expected):
            raise ValueError(
                f"{self.title} expects initial_state to be {len(expected)} of shape {', '.join(map(str, expected))}, got "
                f"{len(states)} of shape {', '.join(map(str, states))}; give one array for each state of each row"
            )

    def check_step(self, shape: Shape) -> None:
        """Raise ValueError for sequences whose steps have another shape than the layer was built for."""
        if self.built and shape[2:] != self.step_shape:
            size = f"{self.step_shape[0]} features" if len(self.axes) == 3 else f"shape {self.step_shape}"
            raise ValueError(f"{self.title} expects steps of {size}, got shape {shape}; its weights were made for these")

    def reset_state(self) -> None:
        """Start the next batch with the initial states (stateful layers)."""
        if self.states:
            for state, start in zip(self.states, self.get_initial_state(self.states[0].shape[0]), strict=True):
                state.assign(start)

    def _in_time_order(self, steps: Array) -> Array:
        """Steps, time axis first, in the order in which they are computed; its own inverse."""
        return steps[::-1] if self.go_backwards else steps

    def _step_mask(self, mask: Array | list[Array | None] | None, shape: tuple[int, ...]) -> Array | None:
        """The mask as booleans (time, batch, 1), in the order of the steps."""
        if isinstance(mask, (list, tuple)) and (not mask or mask[0] is None or np.ndim(mask[0]) == 2):  # one for each input
            mask = mask[0] if mask else None
        if mask is None:
            return None
        mask = np.asarray(mask, dtype=bool)
        return self._in_time_order(mask.T).reshape(shape[1], shape[0], *(1,) * (len(shape) - 2))


def _sequences_of(shape: AnyShapes) -> Shape:
    """The sequences' shape, alone or before those of the states."""
    sequences: Shape = shape if is_shape(shape) else shape[0]
    return sequences


def _all_fit(shapes: list[Any], expected: list[Shape]) -> bool:
    """Whether shapes are the expected ones, as far as their sizes are known."""
    return len(shapes) == len(expected) and all(
        len(one) == len(other) and all(a == b or None in (a, b) for a, b in zip(one, other, strict=True))
        for one, other in zip(shapes, expected, strict=True)
    )
