"""`SimpleRNN`: the plain recurrent layer, whose output is its next state."""

from typing import Any

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Arrays, Options
from minidl.kernels.recurrence.gates import Gates, gradient_factors
from minidl.kernels.recurrence.simple_rnn import simple_rnn, simple_rnn_backward
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence


class SimpleRecurrence(Recurrence):
    """`h[t] = activation(z[t] + h[t - 1] @ recurrent_kernel)`, with `z[t] = x[t] @ kernel + bias`."""

    gates, number_of_states = 1, 1

    def recurrent_forward(
        self, z: Array, states: list[Array], mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array], tuple[Array, Array]]:
        """The loop of `kernels/recurrence/simple_rnn.py`; the output is the state."""
        activation = Gates([self.activation], states[0])
        h = simple_rnn(z, states[0], self.recurrent_kernel.value, activation, mask, dropout)
        return h[1:], [h[-1]], (z, h)

    def recurrent_backward(
        self, dy: Array, dstates: list[Array], cache: tuple[Array, Array], mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array]]:
        """The loop backward."""
        z, h = cache
        activation = Gates([self.activation], h[0])
        dz, dh = simple_rnn_backward(dy, dstates[0], z, h, self.recurrent_kernel.value, activation, mask, dropout)
        self.recurrent_kernel.add_product(*gradient_factors(h[:-1], dropout, dz))
        return dz, [dh]


class SimpleRNN(SimpleRecurrence, BaseRNN):
    """Recurrent layer: `h[t] = activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`.

    A masked step keeps the state and repeats the previous output. A stateful layer's state is the last of its `variables`,
    not of its `weights`, and part of every saved model. The call takes `initial_state=h`.

    Args:
        units: width of state and output, a positive integer.
        activation: name, function or `None` for none.
        use_bias: whether a bias is added.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: fraction of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for the state where the recurrent kernel reads it.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last state is returned too, as `(y, state)`.
        go_backwards: whether time is reversed; the outputs are in the order in which they were computed.
        stateful: whether a batch starts with the last state of the previous one, row by row; see `reset_state`.
        unroll: accepted for compatibility with Keras, and ignored.
        seed: seed of dropout.
        **kwargs: `zero_output_for_mask` (the output of a masked step is zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); state (batch, units); mask (batch, time); kernel
        (features, units); recurrent_kernel (units, units); bias (units,).
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not one state for each row.
    Source: Elman 1990; backward through time: Werbos 1990; dropout: Gal & Ghahramani 2016.
    Example:
        >>> SimpleRNN(4, return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    @inherit_arguments(
        Recurrence,
        BaseRNN,
        without=("recurrent_activation", "unit_forget_bias", "reset_after", "zero_output_for_mask", "use_cudnn"),
        last=("seed",),
    )
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class SimpleRNNCell(SimpleRecurrence, Cell):
    """One step of a `SimpleRNN`: `h = activation(inputs @ kernel + state @ recurrent_kernel + bias)`, which `RNN` repeats.

    It returns `(h, h)`, the output and the new state, and Keras's cell returns `(h, [h])`.

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

    @inherit_arguments(Recurrence, without=("recurrent_activation", "unit_forget_bias", "reset_after", "activity_regularizer"))
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def bind_call(  # type: ignore[override]  # named tensors instead of *inputs
        self, sequence: Array, states: list[Array] | None = None, training: bool | None = None, **options: Any
    ) -> tuple[Arrays, Options]:
        """Keras names the first argument `sequence` here and `inputs` in the other cells."""
        return super().bind_call(sequence, states, training, **options)
