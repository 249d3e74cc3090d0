"""`Recurrence`: what a recurrent layer and its cell share: weights, dropout, and the walk over steps (a cell takes one)."""

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer
from minidl.layers.recipes import add_by_recipe
from minidl.layers.regularization.dropout import draw_keep
from minidl.variable import Variable


class Recurrence(Layer):
    """The base of the recurrences that have a kernel for the inputs and one for the state.

    Leaves say how many gates and states they have, and define `recur`, the loop of the states, and `recur_back`. The inputs'
    part of all steps is one product, made here.
    """

    gates: int  # parts of a kernel's columns, each `units` wide
    number_of_states: int

    kernel: Variable
    recurrent_kernel: Variable
    bias: Variable

    def recur(self, z: Array, states: list[Array], keep: Array | None, scale: Array | None) -> tuple[Array, list[Array], Any]:
        """From the inputs' part `z` of all steps, (time, batch, gates * units): outputs, last states, and a cache."""
        raise TypeError(f"{self.title} defines no recur(z, states, keep, scale)")

    def recur_back(
        self, dy: Array, dstates: list[Array], kept: Any, keep: Array | None, scale: Array | None
    ) -> tuple[Array, list[Array]]:
        """`dz` and the gradients of the first states; adds those of `recurrent_kernel` and of a bias of its product."""
        raise TypeError(f"{self.title} defines no recur_back(dy, dstates, kept, keep, scale)")

    def set_recurrence(self, units: int, use_bias: bool, dropout: float, recurrent_dropout: float, seed: int | None) -> None:
        """Check and keep the arguments that every recurrence has."""
        owner = type(self).__name__
        self.units = check_positive_integer(owner, "units", units)
        self.use_bias = use_bias
        self.dropout = check_real(owner, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.recurrent_dropout = check_real(owner, "recurrent_dropout", recurrent_dropout, 0.0, 1.0, open_high=True)
        self.seed = seed
        self.generator = self.add_generator(seed)

    @property
    def state_size(self) -> Any:
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
        """Create the weights, now that the shape of a step's inputs, (batch, features), is known."""
        features, width = shape[-1], self.gates * self.units
        if features is None:
            raise ValueError(f"{self.title} needs to know the size of its input's last axis, got steps of shape {shape}")
        self.kernel = add_by_recipe(self, "kernel", (features, width))
        self.recurrent_kernel = add_by_recipe(self, "recurrent_kernel", (self.units, width), "recurrent")
        if self.use_bias:
            self.bias = add_by_recipe(self, "bias", self.bias_shape)

    def walk(
        self, steps: Array, states: list[Array], keep: Array | None, drawn: Any, training: bool
    ) -> tuple[Array, list[Array], Any]:
        """Walk over steps (time, batch, features); see `walking.walk`."""
        drop_x, drop_h = (None, None) if drawn is None else drawn
        if drop_x is not None:
            steps = steps * drop_x
        z = steps.reshape(-1, steps.shape[-1]) @ self.kernel.value  # (time * batch, features) @ (features, gates * units)
        if self.use_bias:
            z += self._of_inputs(self.bias.value)
        outputs, ends, kept = self.recur(z.reshape(*steps.shape[:2], -1), states, keep, drop_h)
        return outputs, ends, (steps, keep, drop_x, drop_h, kept)

    def walk_back(
        self, dy: Array, dstates: list[Array | None], cache: Any, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """`dx[t] = dz[t] @ kernel.T`, with `dz` from the walk back through time; see `walking.walk_back`."""
        steps, keep, drop_x, drop_h, kept = cache
        state = np.zeros((steps.shape[1], self.units), steps.dtype)
        known = [state if one is None else one for one in dstates]
        dz, dstarts = self.recur_back(dy, known, kept, keep, drop_h)
        rows = dz.reshape(-1, dz.shape[-1])  # (time * batch, gates * units)
        self.kernel.grad += steps.reshape(-1, steps.shape[-1]).T @ rows
        if self.use_bias:
            gradient = self._of_inputs(self.bias.grad)
            gradient += rows.sum(axis=0)
        if not needs_dx:
            return None, dstarts
        dx = (rows @ self.kernel.value.T).reshape(steps.shape)
        if drop_x is not None:
            dx *= drop_x
        return dx, dstarts

    def draw_dropout(self, batch: int) -> tuple[Array | None, Array | None] | None:
        """The dropout masks of inputs and state for a whole batch of sequences, one for all steps and gates."""
        if self.dropout == self.recurrent_dropout == 0.0:
            return None
        features = self.kernel.shape[0]
        return draw_scale(self, self.dropout, (batch, features)), draw_scale(self, self.recurrent_dropout, (batch, self.units))

    def _of_inputs(self, bias: Array) -> Array:
        """A view of the part of the bias that is added to the inputs' product: all of it, or the first of two rows."""
        row: Array = bias.reshape(-1, self.gates * self.units)[0]
        return row


def draw_scale(layer: Any, rate: float, shape: Any) -> Array | None:
    """A dropout mask of 0 and `1 / (1 - rate)` from the layer's generator, or none for rate 0."""
    if rate == 0.0:
        return None
    keep = draw_keep(layer.generator, shape, rate, layer.dtype)
    return np.multiply(keep, 1.0 / (1.0 - rate), dtype=layer.dtype)


def open_forget_gate(bias: Variable) -> None:
    """Start the bias of f, the second of four gates, at 1, so that at first the memory is kept."""
    parts = bias.numpy().reshape(4, -1)
    parts[1] = 1
    bias.assign(parts.reshape(-1))
