"""`Recurrence`: what LSTM, GRU and SimpleRNN layers and their cells share: arguments, weights, dropout, products with `x`."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl import activations
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import ActivationLike, Array, Cache, ConstraintLike, InitializerLike, MaybeNone, RegularizerLike, Shape
from minidl.kernels.products import matmul
from minidl.kernels.reductions import column_sums
from minidl.layers.layer import Layer
from minidl.layers.regularization.dropout import draw_keep_mask
from minidl.layers.weight_options import add_weight_with, set_weight_options
from minidl.variable import Variable


class Recurrence(Layer):
    """The base of the recurrences with a kernel for the inputs and one for the state.

    Its constructor holds the arguments of the whole family; each leaf takes those that it needs, in Keras's order. A leaf sets
    `gates` and `number_of_states` and defines `recurrent_forward`, the loop over time, and `recurrent_backward`.
    """

    gates: int  # groups of `units` columns in a kernel
    number_of_states: int
    bias_in_loop = False  # whether `recurrent_forward` adds the bias, at each step, when z is in the cache

    kernel: Variable
    recurrent_kernel: Variable
    bias: Variable | MaybeNone

    def __init__(
        self,
        units: int,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        recurrent_initializer: InitializerLike = "orthogonal",
        bias_initializer: InitializerLike = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: RegularizerLike = None,
        recurrent_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        recurrent_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        owner = type(self).__name__
        self.activation = activations.get_keeping_shape(owner, activation)
        self.recurrent_activation = activations.get_keeping_shape(owner, recurrent_activation)
        self.unit_forget_bias = unit_forget_bias
        self.reset_after = reset_after
        self.units = check_positive_integer(owner, "units", units)
        self.use_bias = use_bias
        self.dropout = check_real(owner, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.recurrent_dropout = check_real(owner, "recurrent_dropout", recurrent_dropout, 0.0, 1.0, open_high=True)
        self.seed = seed
        self._random = self.add_late_generator(seed)
        set_weight_options(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def recurrent_forward(
        self, z: Array, states: list[Array], mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array], object]:
        """From the inputs' part `z` of all steps, (time, batch, gates * units): outputs, last states, and a cache."""
        raise TypeError(f"{self.title} defines no recurrent_forward(z, states, mask, dropout)")

    def recurrent_backward(
        self, dy: Array, dstates: list[Array], cache: Cache, mask: Array | None, dropout: Array | None
    ) -> tuple[Array, list[Array]]:
        """`dz` and the gradients of the initial states; adds those of `recurrent_kernel` and of its bias."""
        raise TypeError(f"{self.title} defines no recurrent_backward(dy, dstates, cache, mask, dropout)")

    @property
    def state_size(self) -> list[int] | int:
        """Width of the state, or a list of the widths."""
        return self.units if self.number_of_states == 1 else [self.units] * self.number_of_states

    @property
    def output_size(self) -> int:
        """Width of the output."""
        return self.units

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Shape of the bias."""
        return (self.gates * self.units,)

    def add_weights(self, shape: Shape) -> None:
        """Create the weights for inputs of one step of this shape, (batch, features)."""
        features, width = shape[-1], self.gates * self.units
        if features is None:
            raise ValueError(f"{self.title} needs to know the size of its input's last axis, got steps of shape {shape}")
        self.kernel = add_weight_with(self, "kernel", (features, width))
        self.recurrent_kernel = add_weight_with(self, "recurrent_kernel", (self.units, width), "recurrent")
        self.bias = add_weight_with(self, "bias", self.bias_shape) if self.use_bias else None

    def forward_steps(
        self, steps: Array, states: list[Array], mask: Array | None, drawn: Cache, training: bool
    ) -> tuple[Array, list[Array], Cache]:
        """`z[t] = x[t] @ kernel + bias` for all steps in one product, then the loop; see `cell_loop.forward_steps`."""
        dropout, recurrent_dropout = (None, None) if drawn is None else drawn
        if dropout is not None:
            steps = steps * dropout
        # (time * batch, features) @ (features, gates * units)
        time, rows, features = steps.shape
        z = matmul(steps.reshape(time * rows, features), self.kernel.value)
        if self.use_bias and not self.bias_in_loop:
            z += self._input_bias(self.bias.value)
        outputs, ends, cache = self.recurrent_forward(z.reshape(time, rows, z.shape[-1]), states, mask, recurrent_dropout)
        return outputs, ends, (steps, mask, dropout, recurrent_dropout, cache)

    def backward_steps(
        self,
        dy: Array,
        dstates: list[Array | None],
        cache: Cache,
        needs_dx: bool = True,
    ) -> tuple[Array | None, list[Array]]:
        """The loop backward gives dz; then `dkernel = x.T @ dz`, `dbias = sum(dz)` and `dx = dz @ kernel.T`."""
        steps, mask, dropout, recurrent_dropout, loop_cache = cache
        zeros = np.zeros((steps.shape[1], self.units), steps.dtype)
        dends = [zeros if one is None else one for one in dstates]
        dz, dstarts = self.recurrent_backward(dy, dends, loop_cache, mask, recurrent_dropout)
        dz = dz.reshape(-1, dz.shape[-1])  # (time * batch, gates * units)
        self.kernel.add_product(steps.reshape(-1, steps.shape[-1]).T, dz)
        if self.use_bias:
            dbias = self._input_bias(self.bias.grad)
            dbias += column_sums(dz)
        if not needs_dx:
            return None, dstarts
        dx = matmul(dz, self.kernel.value.T).reshape(steps.shape)
        if dropout is not None:
            dx *= dropout
        return dx, dstarts

    def draw_dropout(self, batch: int) -> tuple[Array | None, Array | None] | None:
        """The dropout masks of inputs and state for a whole batch of sequences, the same for all steps and gates."""
        if self.dropout == self.recurrent_dropout == 0.0:
            return None
        features = self.kernel.shape[0]
        return (
            dropout_mask(self, self.dropout, (batch, features)),
            dropout_mask(self, self.recurrent_dropout, (batch, self.units)),
        )

    def _input_bias(self, bias: Array) -> Array:
        """A view of the part of the bias that is added to the inputs' product: all of it, or the first of two rows."""
        row: Array = bias.reshape(-1, self.gates * self.units)[0]
        return row


def dropout_mask(layer: Any, rate: float, shape: tuple[int | MaybeNone, ...]) -> Array | None:
    """A dropout mask of 0 and `1 / (1 - rate)` from the layer's generator; `None` for rate 0."""
    if rate == 0.0:
        return None
    keep = draw_keep_mask(layer._random.generator, shape, rate, layer.dtype)
    return np.multiply(keep, 1.0 / (1.0 - rate), dtype=layer.dtype)


def set_forget_bias_to_one(bias: Variable) -> None:
    """Initialize the bias of the forget gate f, the second of four gates, to 1, so that c is kept at first."""
    parts = bias.numpy().reshape(4, -1)
    parts[1] = 1
    bias.assign(parts.reshape(-1))
