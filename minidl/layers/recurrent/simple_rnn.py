"""`SimpleRNN`: the plain recurrent layer, whose output is fed back as its next state."""

from typing import Any

from minidl import activations
from minidl.config.types import Array
from minidl.kernels.recurrence.gates import Gates, recurrent_gradient
from minidl.kernels.recurrence.simple_rnn import simple_rnn, simple_rnn_backward
from minidl.layers.recipes import note_recipes
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence
from minidl.layers.recurrent.sequence_layer import SequenceLayer


class SimpleRecurrence(Recurrence):
    """`h[t] = activation(z[t] + h[t - 1] @ recurrent_kernel)`, with `z` the inputs' part."""

    gates, number_of_states = 1, 1
    activation: Any

    def recur(self, z: Array, states: list[Array], keep: Array | None, scale: Array | None) -> tuple[Array, list[Array], Any]:
        """The output is the state."""
        squash = Gates([self.activation], states[0])
        h = simple_rnn(z, states[0], self.recurrent_kernel.value, squash, keep, scale)
        return h[1:], [h[-1]], (z, h)

    def recur_back(
        self, dy: Array, dstates: list[Array], kept: Any, keep: Array | None, scale: Array | None
    ) -> tuple[Array, list[Array]]:
        """Backward through time."""
        z, h = kept
        squash = Gates([self.activation], h[0])
        dz, dh = simple_rnn_backward(dy, dstates[0], z, h, self.recurrent_kernel.value, squash, keep, scale)
        self.recurrent_kernel.grad += recurrent_gradient(h[:-1], scale, dz)
        return dz, [dh]


class SimpleRNN(SimpleRecurrence, SequenceLayer):
    """Recurrent layer: `h[t] = activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`.

    A masked step keeps the state and repeats the output before it. A stateful layer's state is the last of its `weights`, and
    so part of every file; Keras leaves it out of them. Called with `initial_state=h`, the layer begins there.

    Args:
        units: width of state and output, a positive integer.
        activation: name, function or `None` for none.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: share of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for the state that is fed back.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last state is returned too, as `(y, state)`.
        go_backwards: whether time runs backwards; the outputs then come in the order in which they were computed.
        stateful: whether a batch begins with the state in which the one before ended, row by row; see `reset_state`.
        unroll: accepted for Keras's sake; nothing changes.
        seed: makes dropout repeatable.
        **kwargs: `zero_output_for_mask` (a masked step puts out zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); state (batch, units); mask (batch, time); kernel
        (features, units); recurrent_kernel (units, units); bias (units,).
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not one state a row.
    Source: Elman 1990; backward through time: Werbos 1990; dropout: Gal & Ghahramani 2016.
    Example:
        >>> SimpleRNN(4, return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
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
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )


class SimpleRNNCell(SimpleRecurrence, Cell):
    """One step of a `SimpleRNN`: `h = activation(inputs @ kernel + state @ recurrent_kernel + bias)`, for `RNN` to repeat.

    It returns `(h, h)`, the output and the new state, where Keras's cell returns `(h, [h])`.

    Args:
        units: width of state and output, a positive integer.
        activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint, bias_constraint, dropout,
            recurrent_dropout, seed: as in `SimpleRNN`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        inputs (batch, features), state (batch, units) -> output (batch, units), state (batch, units).
    Raises:
        ValueError: the inputs have other features than the cell was built for, or the state is missing or of another width.
    Source: Elman 1990.
    Example:
        >>> cell = SimpleRNNCell(4)
        >>> h, state = cell(np.ones((2, 3)), cell.get_initial_state(2))
        >>> h.shape
        (2, 4)
    """

    roles = ("sequence", "states")

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
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
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
