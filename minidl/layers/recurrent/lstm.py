"""`LSTM`: the long short-term memory, a recurrent layer whose gates decide what is written, kept and read."""

from typing import Any

import numpy as np

from minidl import activations
from minidl.config.types import Array, Shape
from minidl.kernels.recurrence.gates import recurrent_gradient
from minidl.kernels.recurrence.lstm import lstm, lstm_backward, lstm_gates
from minidl.layers.recipes import note_recipes
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence, open_forget_gate
from minidl.layers.recurrent.sequence_layer import SequenceLayer


class LSTMRecurrence(Recurrence):
    """`c[t] = f * c[t - 1] + i * g` and `h[t] = o * activation(c[t])`, with gates `i, f, g, o` side by side in `z`."""

    gates, number_of_states = 4, 2
    activation: Any
    recurrent_activation: Any
    unit_forget_bias: bool

    def add_weights(self, shape: Shape) -> None:
        """Create the weights; with `unit_forget_bias` the bias of f starts at 1."""
        super().add_weights(shape)
        if self.use_bias and self.unit_forget_bias:
            open_forget_gate(self.bias)

    def recur(self, z: Array, states: list[Array], keep: Array | None, scale: Array | None) -> tuple[Array, list[Array], Any]:
        """The output is the first state, h."""
        (h, c), kernel = states, self.recurrent_kernel.value

        def times(before: Array, room: Array) -> Array:
            return np.matmul(before, kernel, out=room)  # (batch, units) @ (units, 4 * units)

        gates = lstm_gates(self.recurrent_activation, self.activation, h)
        made = lstm(z, h, c, times, *gates, keep, scale)
        return made.h[1:], [made.h[-1], made.c[-1]], made

    def recur_back(
        self, dy: Array, dstates: list[Array], kept: Any, keep: Array | None, scale: Array | None
    ) -> tuple[Array, list[Array]]:
        """Backward through time."""
        (dh, dc), turned = dstates, np.ascontiguousarray(self.recurrent_kernel.value.T)  # a faster product, made every step

        def times_back(dz: Array, room: Array) -> Array:
            return np.matmul(dz, turned, out=room)  # (batch, 4 * units) @ (4 * units, units)

        gates = lstm_gates(self.recurrent_activation, self.activation, dh)
        dz, *dstarts = lstm_backward(dy, dh, dc, kept, times_back, *gates, keep, scale)
        self.recurrent_kernel.grad += recurrent_gradient(kept.h[:-1], scale, dz)
        return dz, dstarts


class LSTM(LSTMRecurrence, SequenceLayer):
    """Long short-term memory: each step writes into a memory c, forgets part of it, and puts out part of it, h.

    With `z = x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias`, cut into the four equal parts of i, f, g and o:
    `i, f, o = recurrent_activation(...)`, `g = activation(...)`, `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`.

    A masked step keeps both states and repeats the output before it. A stateful layer's states are the last of its `weights`,
    and so part of every file; Keras leaves them out. Called with `initial_state=[h, c]`, the layer begins there. Dropout draws
    one mask for all gates, also with `recurrent_dropout`, where Keras draws one for each.

    Args:
        units: width of output and memory, a positive integer.
        activation: of g and of c on its way out; name, function or `None` for none.
        recurrent_activation: of the gates i, f and o.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        unit_forget_bias: whether the bias of f starts at 1, whatever `bias_initializer` says.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: share of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for the h that is fed back.
        seed: makes dropout repeatable.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last states are returned too, as `(y, h, c)`.
        go_backwards: whether time runs backwards; the outputs then come in the order in which they were computed.
        stateful: whether a batch begins with the states in which the one before ended, row by row; see `reset_state`.
        unroll, use_cudnn: accepted for Keras's sake; nothing changes.
        **kwargs: `zero_output_for_mask` (a masked step puts out zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); h and c (batch, units); mask (batch, time);
        kernel (features, 4 * units); recurrent_kernel (units, 4 * units); bias (4 * units,).
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not two states a row.
    Source: Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000; its bias: Jozefowicz et al. 2015.
    Example:
        >>> y, h, c = LSTM(4, return_state=True)(np.ones((2, 5, 3)))
        >>> np.array_equal(y, h), c.shape
        (True, (2, 4))
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.activation = activations.get_keeping_shape(type(self).__name__, activation)
        self.recurrent_activation = activations.get_keeping_shape(type(self).__name__, recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.use_cudnn = use_cudnn
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )


class LSTMCell(LSTMRecurrence, Cell):
    """One step of an `LSTM`, for `RNN` to repeat.

    It returns `(h, h, c)`, the output and the new states, where Keras's cell returns `(h, [h, c])`.

    Args:
        units: width of output and memory, a positive integer.
        activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed: as in `LSTM`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        inputs (batch, features), h and c (batch, units) -> output, h and c, each (batch, units).
    Raises:
        ValueError: the inputs have other features than the cell was built for, or a state is missing or of another width.
    Source: Hochreiter & Schmidhuber 1997.
    Example:
        >>> cell = LSTMCell(4)
        >>> y, h, c = cell(np.ones((2, 3)), cell.get_initial_state(2))
        >>> y.shape
        (2, 4)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get_keeping_shape(type(self).__name__, activation)
        self.recurrent_activation = activations.get_keeping_shape(type(self).__name__, recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
