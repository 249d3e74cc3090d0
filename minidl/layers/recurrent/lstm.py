"""`LSTM`: long short-term memory, a recurrent layer whose gates decide what is written to, kept in and read from its state."""

from typing import Any

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Options, Shape
from minidl.kernels.in_use import in_use
from minidl.kernels.recurrence.gates import MatrixProduct, gradient_factors, transposed
from minidl.kernels.recurrence.lstm import LSTMCache, lstm, lstm_backward, lstm_gates
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence, set_forget_bias_to_one


class LSTMRecurrence(Recurrence):
    """`c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`; the gates `i, f, g, o` are groups of columns of `z`."""

    gates, number_of_states, bias_in_loop = 4, 2, True

    def add_weights(self, shape: Shape) -> None:
        """Create the weights; with `unit_forget_bias` the bias of f is 1."""
        super().add_weights(shape)
        if self.use_bias and self.unit_forget_bias:
            set_forget_bias_to_one(self.bias)

    def recurrent_forward(
        self, z: Array, states: list[Array], mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array], LSTMCache]:
        """The loop of `kernels/recurrence/lstm.py`; the output is the first state, h."""
        h, c = states
        bias = self.bias.value if self.use_bias else None
        recurrent_matmul = MatrixProduct(self.recurrent_kernel.value, bias)  # (batch, units) @ (units, 4 * units)
        gates = lstm_gates(self.recurrent_activation, self.activation, h)
        cache = in_use[lstm](z, h, c, recurrent_matmul, *gates, mask, dropout)
        return cache.h[1:], [cache.h[-1], cache.c[-1]], cache

    def recurrent_backward(
        self, dy: Array, dstates: list[Array], cache: LSTMCache, mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array]]:
        """The loop backward."""
        dh, dc = dstates
        kernel_transposed = transposed(self.recurrent_kernel.value)
        recurrent_matmul_backward = MatrixProduct(kernel_transposed)  # (batch, 4 * units) @ (4 * units, units)
        gates = lstm_gates(self.recurrent_activation, self.activation, dh)
        dz, *dstarts = in_use[lstm_backward](dy, dh, dc, cache, recurrent_matmul_backward, *gates, mask, dropout)
        self.recurrent_kernel.add_product(*gradient_factors(cache.h[:-1], dropout, dz))
        return dz, dstarts


class LSTM(LSTMRecurrence, BaseRNN):
    """Long short-term memory: each step adds to a cell state c, forgets part of it, and outputs part of it, h.

    With `z = x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias`, whose columns are four equal groups for i, f, g and o:
    `i, f, o = recurrent_activation(z)`, `g = activation(z)`, `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`.

    A masked step keeps both states and repeats the previous output. A stateful layer's states are the last of its `variables`,
    not of its `weights`, and part of every saved model. The call takes `initial_state=[h, c]`. Dropout draws one mask for all
    gates, also with `recurrent_dropout`; Keras draws one for each.

    Args:
        units: width of output and cell state, a positive integer.
        activation: of g, and of c in the output; name, function or `None` for none.
        recurrent_activation: of the gates i, f and o.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        unit_forget_bias: whether the bias of f is initialized to 1, whatever `bias_initializer` is.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: fraction of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for h where the recurrent kernel reads it.
        seed: seed of dropout.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last states are returned too, as `(y, h, c)`.
        go_backwards: whether time is reversed; the outputs are in the order in which they were computed.
        stateful: whether a batch starts with the last states of the previous one, row by row; see `reset_state`.
        unroll, use_cudnn: accepted for compatibility with Keras, and ignored.
        **kwargs: `zero_output_for_mask` (the output of a masked step is zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); h and c (batch, units); mask (batch, time);
        kernel (features, 4 * units); recurrent_kernel (units, 4 * units); bias (4 * units,).
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not two states for each row.
    Source: Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000; its bias: Jozefowicz et al. 2015.
    Example:
        >>> y, h, c = LSTM(4, return_state=True)(np.ones((2, 5, 3)))
        >>> np.array_equal(y, h), c.shape
        (True, (2, 4))
    """

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """`implementation` is ignored, as in Keras."""
        return super().accept_older_arguments({name: value for name, value in arguments.items() if name != "implementation"})

    @inherit_arguments(Recurrence, BaseRNN, without=("reset_after", "zero_output_for_mask"))
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class LSTMCell(LSTMRecurrence, Cell):
    """One step of an `LSTM`, which `RNN` repeats.

    It returns `(h, h, c)`, the output and the new states, and Keras's cell returns `(h, [h, c])`.

    Args:
        units: width of output and cell state, a positive integer.
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
        >>> y, (h, c) = cell(np.ones((2, 3)), cell.get_initial_state(2))
        >>> y.shape
        (2, 4)
    """

    @inherit_arguments(Recurrence, without=("reset_after", "activity_regularizer"))
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
