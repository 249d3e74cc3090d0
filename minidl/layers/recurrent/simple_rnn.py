"""`SimpleRNN`: the plain recurrent layer, whose output is fed back as its next state."""

from typing import Any

import numpy as np

from minidl import activations, constraints, initializers, regularizers
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, Shape
from minidl.kernels.recurrence import simple_rnn, simple_rnn_backward
from minidl.layers.layer import Layer
from minidl.layers.regularization.dropout import draw_keep


class SimpleRNN(Layer):
    """Recurrent layer: `h[t] = activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`.

    A masked step keeps the state and repeats the output before it. A stateful layer's state is the last of its `weights`, and
    so part of every file; Keras leaves it out of them.

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
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, time, features) -> y (batch, units) or (batch, time, units); state (batch, units); mask (batch, time); kernel
        (features, units); recurrent_kernel (units, units); bias (units,).
    Raises:
        ValueError: x is not of three axes, has other features than the layer was built for, or, for a stateful layer, another
            or an unknown batch size.
    Source: Elman 1990; backward through time: Werbos 1990; dropout: Gal & Ghahramani 2016.
    Example:
        >>> SimpleRNN(4, return_sequences=True)(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    supports_masking = True

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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = check_positive_integer("SimpleRNN", "units", units)
        self.activation = activations.get_keeping_shape("SimpleRNN", activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = check_real("SimpleRNN", "dropout", dropout, 0.0, 1.0, open_high=True)
        self.recurrent_dropout = check_real("SimpleRNN", "recurrent_dropout", recurrent_dropout, 0.0, 1.0, open_high=True)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.seed = seed
        self.generator = self.add_generator(seed)

    def build(self, input_shape: Shape) -> None:
        """Create the weights, and the state that a stateful layer carries from batch to batch."""
        batch, _, features = input_shape
        if features is None:
            raise ValueError(f"{self.title} needs to know the size of its input's last axis, got shape {input_shape}")
        if self.stateful and batch is None:
            raise ValueError(
                f"{self.title} is stateful and needs to know the batch size, got shape {input_shape}; "
                f"begin the model with Input(batch_shape=(batch, time, features))"
            )
        self.kernel = self.add_weight(
            (features, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, self.units),
            self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
            name="recurrent_kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        if self.stateful and batch is not None:
            self.state = self.add_weight((batch, self.units), "zeros", trainable=False, name="rnn_state")

    def forward(self, x: Array, training: bool = False, mask: Any = None) -> tuple[Any, Any]:
        """`h[t] = activation(x[t] @ kernel + h[t - 1] @ recurrent_kernel + bias)`, the inputs' part in one product."""
        batch, _, features = x.shape
        drop_x = self._draw_scale(self.dropout, (batch, features)) if training else None
        drop_h = self._draw_scale(self.recurrent_dropout, (batch, self.units)) if training else None
        keep = self._as_keep(mask, x.shape)
        steps = np.ascontiguousarray(self._as_steps(x.swapaxes(0, 1)))  # (time, batch, features)
        if drop_x is not None:
            steps = steps * drop_x
        z = steps.reshape(-1, features) @ self.kernel.value  # (time * batch, features) @ (features, units)
        if self.use_bias:
            z += self.bias.value
        z = z.reshape(*steps.shape[:2], self.units)
        start = self.state.value if self.stateful else np.zeros((batch, self.units), x.dtype)
        states = simple_rnn(z, start, self.recurrent_kernel.value, self.activation, keep, drop_h)
        if self.stateful:
            self.state.assign(states[-1])
        y = states[1:].swapaxes(0, 1) if self.return_sequences else states[-1]
        return (y, states[-1]) if self.return_state else y, (steps, z, states, keep, drop_x, drop_h)

    def backward(self, dy: Any, cache: Any) -> Array:
        """`dx[t] = dz[t] @ kernel.T`, with dz from the walk back through time."""
        dz, drop_x = self._backward_through_time(dy, cache), cache[4]
        dx = (dz.reshape(-1, self.units) @ self.kernel.value.T).reshape(*dz.shape[:2], -1)
        if drop_x is not None:
            dx *= drop_x
        return self._as_steps(dx).swapaxes(0, 1)

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """The weights' gradients, without the product that gives `dx`."""
        self._backward_through_time(dy, cache)

    def _backward_through_time(self, dy: Any, cache: Any) -> Array:
        steps, z, states, keep, _, drop_h = cache
        dy, dstate = dy if self.return_state else (dy, None)
        dh = np.zeros_like(states[-1]) if dstate is None else dstate
        dy_steps = None if dy is None or not self.return_sequences else dy.swapaxes(0, 1)
        if dy is not None and not self.return_sequences:
            dh = dh + dy
        dz = simple_rnn_backward(dh, dy_steps, z, states, self.recurrent_kernel.value, self.activation, keep, drop_h)
        before = states[:-1] if drop_h is None else states[:-1] * drop_h
        dz_rows = dz.reshape(-1, self.units)  # (time * batch, units)
        self.kernel.grad += steps.reshape(-1, steps.shape[-1]).T @ dz_rows
        self.recurrent_kernel.grad += before.reshape(-1, self.units).T @ dz_rows
        if self.use_bias:
            self.bias.grad += dz_rows.sum(axis=0)
        return dz

    def compute_mask(self, x: Array, previous_mask: Any) -> Any:
        """The mask that came, where every step's output is returned; the state has none."""
        mask = previous_mask if self.return_sequences else None
        return [mask, None] if self.return_state else mask

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """`(batch, units)` or `(batch, time, units)`; with `return_state` a tuple of it and the state's shape."""
        batch, time, _ = input_shape
        y = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        return (y, (batch, self.units)) if self.return_state else y

    def check_input(self, shape: Any) -> None:
        """Refuse what is no batch of sequences, other features, and a stateful layer's other batch size."""
        if not isinstance(shape, tuple) or len(shape) != 3:
            raise ValueError(
                f"{self.title} expects sequences, shape (batch, time, features), got shape {shape}; "
                f"one sequence goes in as x[np.newaxis], one feature a step as x[..., np.newaxis]"
            )
        if self.built and shape[2] != self.kernel.shape[0]:
            raise ValueError(
                f"{self.title} expects steps of {self.kernel.shape[0]} features, got shape {shape}; "
                f"its weights were made for {self.kernel.shape[0]} features a step"
            )
        if self.built and self.stateful and shape[0] not in (None, self.state.shape[0]):
            raise ValueError(
                f"{self.title} is stateful and keeps {self.state.shape[0]} rows from batch to batch, got shape {shape}; "
                f"every batch must have {self.state.shape[0]} rows"
            )

    def reset_state(self) -> None:
        """Begin the next batch with a state of zeros (stateful layers)."""
        if self.stateful and self.built:
            self.state.assign(np.zeros(self.state.shape))

    def reset_states(self) -> None:
        """The same as `reset_state`, under Keras's other name."""
        self.reset_state()

    def _as_steps(self, steps: Array) -> Array:
        """Steps, first axis time, in the order in which they are computed; and back."""
        return steps[::-1] if self.go_backwards else steps

    def _as_keep(self, mask: Any, shape: tuple[int, ...]) -> Array | None:
        """The mask as booleans of shape (time, batch, 1), in the order of the steps."""
        if mask is None:
            return None
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != shape[:2]:
            raise ValueError(f"{self.title} expects a mask of shape {shape[:2]} for inputs of shape {shape}, got {mask.shape}")
        return self._as_steps(mask.T)[:, :, np.newaxis]

    def _draw_scale(self, rate: float, shape: tuple[int, int]) -> Array | None:
        """A dropout mask of 0 and `1 / (1 - rate)`, or none for rate 0."""
        if rate == 0.0:
            return None
        return np.multiply(draw_keep(self.generator, shape, rate, self._dtype), 1.0 / (1.0 - rate), dtype=self._dtype)
