"""`GRU`: gated recurrent unit, which mixes its state with a candidate for the next."""

from typing import Any

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Options
from minidl.kernels.in_use import in_use
from minidl.kernels.recurrence.gru import GRUCache, gru, gru_backward, gru_gates, gru_recurrent_kernel_gradient
from minidl.kernels.reductions import column_sums
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence


class GRURecurrence(Recurrence):
    """`h[t] = u * h[t - 1] + (1 - u) * g`; the gates u and r and the candidate g are groups of columns of `z`."""

    gates, number_of_states = 3, 1

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """A row for the inputs' product and, if the reset comes after it, one for the state's."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def recurrent_forward(
        self, z: Array, states: list[Array], mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array], GRUCache]:
        """The loop of `kernels/recurrence/gru.py`; the output is the state."""
        bias = self.bias.value[1] if self.use_bias and self.reset_after else None
        gates = gru_gates(self.recurrent_activation, self.activation, states[0])
        cache = in_use[gru](z, states[0], self.recurrent_kernel.value, bias, self.reset_after, *gates, mask, dropout)
        return cache.h[1:], [cache.h[-1]], cache

    def recurrent_backward(
        self, dy: Array, dstates: list[Array], cache: GRUCache, mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array]]:
        """The loop backward."""
        kernel, gates = self.recurrent_kernel.value, gru_gates(self.recurrent_activation, self.activation, dstates[0])
        dz, dproduct, dh = in_use[gru_backward](dy, dstates[0], cache, kernel, self.reset_after, *gates, mask, dropout)
        self.recurrent_kernel.grad += gru_recurrent_kernel_gradient(cache, self.reset_after, dropout, dproduct)
        if self.use_bias and self.reset_after:
            self.bias.grad[1] += column_sums(dproduct.reshape(-1, dproduct.shape[-1]))
        return dz, [dh]


class GRU(GRURecurrence, BaseRNN):
    """Gated recurrent unit: an update gate u mixes the state with a candidate g, which sees the state through a reset gate r.

    `u, r = recurrent_activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`, each from a third of the columns;
    `g = activation(x[t] @ kernel + bias + r * (h[t - 1] @ recurrent_kernel + recurrent_bias))` from the last, or with
    `reset_after=False`, `(r * h[t - 1]) @ recurrent_kernel` as its last term; `h[t] = u * h[t - 1] + (1 - u) * g`.

    A masked step keeps the state and repeats the previous output. A stateful layer's state is the last of its `variables`,
    not of its `weights`, and part of every saved model. The call takes `initial_state=h`. Dropout draws one mask for all
    gates, also with `recurrent_dropout`; Keras draws one for each.

    Args:
        units: width of state and output, a positive integer.
        activation: of the candidate; name, function or `None` for none.
        recurrent_activation: of the gates u and r.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: initializers of the weights.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: fraction of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for the state where the recurrent kernel reads it.
        seed: seed of dropout.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last state is returned too, as `(y, state)`.
        go_backwards: whether time is reversed; the outputs are in the order in which they were computed.
        stateful: whether a batch starts with the last state of the previous one, row by row; see `reset_state`.
        unroll, use_cudnn: accepted for compatibility with Keras, and ignored.
        reset_after: whether the reset gate is applied after the product with the recurrent kernel, which then has its own bias.
        **kwargs: `zero_output_for_mask` (the output of a masked step is zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); state (batch, units); mask (batch, time); kernel
        (features, 3 * units); recurrent_kernel (units, 3 * units); bias (2, 3 * units), or (3 * units,) with reset_after=False.
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not one state for each row.
    Source: Cho et al. 2014; reset after the product: the cuDNN library.
    Example:
        >>> GRU(4, return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """`implementation` is ignored, as in Keras."""
        return super().accept_older_arguments({name: value for name, value in arguments.items() if name != "implementation"})

    @inherit_arguments(
        Recurrence, BaseRNN, without=("unit_forget_bias", "zero_output_for_mask"), last=("reset_after", "use_cudnn")
    )
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class GRUCell(GRURecurrence, Cell):
    """One step of a `GRU`, which `RNN` repeats.

    It returns `(h, h)`, the output and the new state, and Keras's cell returns `(h, [h])`.

    Args:
        units: width of state and output, a positive integer.
        activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, dropout, recurrent_dropout, reset_after, seed: as in `GRU`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        inputs (batch, features), state (batch, units) -> output (batch, units), state (batch, units).
    Raises:
        ValueError: the inputs have other features than the cell was built for, or the state is missing or of another width.
    Source: Cho et al. 2014.
    Example:
        >>> cell = GRUCell(4)
        >>> y, state = cell(np.ones((2, 3)), cell.get_initial_state(2))
        >>> y.shape
        (2, 4)
    """

    @inherit_arguments(Recurrence, without=("unit_forget_bias", "activity_regularizer"))
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
