"""`GRU`: the gated recurrent unit, which mixes its state with a candidate for the next."""

from typing import Any

from minidl import activations
from minidl.config.types import Array
from minidl.kernels.recurrence.gates import Gates
from minidl.kernels.recurrence.gru import gru, gru_backward, gru_recurrent_gradient
from minidl.layers.recipes import note_recipes
from minidl.layers.recurrent.cell import Cell
from minidl.layers.recurrent.recurrence import Recurrence
from minidl.layers.recurrent.sequence_layer import SequenceLayer


class GRURecurrence(Recurrence):
    """`h[t] = u * h[t - 1] + (1 - u) * g`, with gates u, r and the candidate g side by side in `z`."""

    gates, number_of_states = 3, 1
    activation: Any
    recurrent_activation: Any
    reset_after: bool

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """A row for the inputs' product and, where the reset comes after it, one for the state's."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def recur(self, z: Array, states: list[Array], keep: Array | None, scale: Array | None) -> tuple[Array, list[Array], Any]:
        """The output is the state."""
        bias = self.bias.value[1] if self.use_bias and self.reset_after else None
        functions = self._functions(states[0])
        made = gru(z, states[0], self.recurrent_kernel.value, bias, self.reset_after, *functions, keep, scale)
        return made.h[1:], [made.h[-1]], made

    def recur_back(
        self, dy: Array, dstates: list[Array], kept: Any, keep: Array | None, scale: Array | None
    ) -> tuple[Array, list[Array]]:
        """Backward through time."""
        functions = self._functions(kept.h[0])
        dz, dproduct, dh = gru_backward(
            dy, dstates[0], kept, self.recurrent_kernel.value, self.reset_after, *functions, keep, scale
        )
        self.recurrent_kernel.grad += gru_recurrent_gradient(kept, self.reset_after, scale, dproduct)
        if self.use_bias and self.reset_after:
            self.bias.grad[1] += dproduct.sum(axis=(0, 1))
        return dz, [dh]

    def _functions(self, like: Array) -> tuple[Gates, Gates]:
        """The activations of u and r, and that of g."""
        return Gates([self.recurrent_activation, self.recurrent_activation], like), Gates([self.activation], like)


class GRU(GRURecurrence, SequenceLayer):
    """Gated recurrent unit: an update gate u mixes the state with a candidate g, which sees the state through a reset gate r.

    `u, r = recurrent_activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`, each from its third of the columns;
    `g = activation(x[t] @ kernel + bias + r * (h[t - 1] @ recurrent_kernel + recurrent bias))` from the last, or with
    `reset_after=False`, `g = activation(x[t] @ kernel + bias + (r * h[t - 1]) @ recurrent_kernel)`;
    `h[t] = u * h[t - 1] + (1 - u) * g`.

    A masked step keeps the state and repeats the output before it. A stateful layer's state is the last of its `weights`, and
    so part of every file; Keras leaves it out of them. Called with `initial_state=h`, the layer begins there. Dropout draws one
    mask for all gates, also with `recurrent_dropout`, where Keras draws one for each.

    Args:
        units: width of state and output, a positive integer.
        activation: of the candidate; name, function or `None` for none.
        recurrent_activation: of the gates u and r.
        use_bias: whether biases are added.
        kernel_initializer, recurrent_initializer, bias_initializer: how the weights start.
        kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, recurrent_constraint, bias_constraint: functions applied to the weights after each update.
        dropout: share of the inputs dropped in training, in [0, 1); one mask for all steps of a sequence.
        recurrent_dropout: the same for the state where a kernel meets it.
        seed: makes dropout repeatable.
        return_sequences: whether every step's output is returned, or only the last.
        return_state: whether the last state is returned too, as `(y, state)`.
        go_backwards: whether time runs backwards; the outputs then come in the order in which they were computed.
        stateful: whether a batch begins with the state in which the one before ended, row by row; see `reset_state`.
        unroll, use_cudnn: accepted for Keras's sake; nothing changes.
        reset_after: whether the reset gate works behind the product with the recurrent kernel, which then has its own bias.
        **kwargs: `zero_output_for_mask` (a masked step puts out zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); state (batch, units); mask (batch, time); kernel
        (features, 3 * units); recurrent_kernel (units, 3 * units); bias (2, 3 * units), or (3 * units,) with reset_after=False.
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size; or `initial_state` is not one state a row.
    Source: Cho et al. 2014; reset after the product: the cuDNN library.
    Example:
        >>> GRU(4, return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
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
        reset_after: bool = True,
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
        self.reset_after = reset_after
        self.use_cudnn = use_cudnn
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )


class GRUCell(GRURecurrence, Cell):
    """One step of a `GRU`, for `RNN` to repeat.

    It returns `(h, h)`, the output and the new state, where Keras's cell returns `(h, [h])`.

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

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get_keeping_shape(type(self).__name__, activation)
        self.recurrent_activation = activations.get_keeping_shape(type(self).__name__, recurrent_activation)
        self.reset_after = reset_after
        self.set_recurrence(units, use_bias, dropout, recurrent_dropout, seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
