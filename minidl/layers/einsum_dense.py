"""`EinsumDense`: a dense layer whose product is given by an einsum equation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.checks import as_tuple
from minidl.config.types import ActivationLike, Array, ConstraintLike, InitializerLike, MaybeNone, RegularizerLike, Shape
from minidl.initializers.variance import FanInitializer
from minidl.kernels.einsum import contract
from minidl.layers.argument_checks import check_one_array, check_shape
from minidl.layers.einsum_equation import Letters, parse
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.weight_options import add_weight_with, set_weight_options
from minidl.variable import Variable


class EinsumDense(Layer):
    """Dense layer with an einsum equation: `y = activation(einsum(equation, x, kernel) + bias)`.

    "abc,cd->abd" is `Dense` on sequences: c, which occurs in input and kernel but not in the output, is summed over. "..."
    represents any number of axes, on the left or on the right. It is computed by matrix products. A letter may occur only once
    in each of input, kernel and output (Keras accepts diagonals, "aab"). As in Keras, the mask is not propagated.

    Args:
        equation: subscripts of input, kernel and output; the batch axis comes first.
        output_shape: size of each output axis except the batch axis; `None` for the size of the same input axis.
        activation: name, function or `None` for none.
        bias_axes: subscripts of the output axes of the bias; `None` for no bias.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x, kernel, y: as in the equation; bias: the output's axes from the first of `bias_axes` on, 1 for other axes.
    Raises:
        ValueError: the equation is invalid, does not fit `output_shape` or `bias_axes`, or x does not fit it.
    Example:
        >>> EinsumDense("...x,xy->...y", output_shape=4, bias_axes="y")(np.ones((2, 5, 3))).shape
        (2, 5, 4)
    """

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: ActivationLike = None,
        bias_axes: str | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.equation, self.output_shape, self.bias_axes = equation, output_shape, bias_axes
        self._parts = parse("EinsumDense", equation)
        self._output_sizes = _as_sizes(output_shape)
        self.activation = activations.get(activation)
        if unknown := [letter for letter in bias_axes or "" if letter not in self._parts.y]:
            raise ValueError(
                f'EinsumDense expects bias_axes to be letters of the output "{self._parts.y}", got {bias_axes!r}, '
                f'which has "{unknown[0]}"'
            )
        set_weight_options(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    def build(self, input_shape: Shape) -> None:
        letters = self._letters(input_shape)
        shape = self._known(letters, letters.kernel)
        self.kernel = add_weight_with(self, "kernel", shape, adapt=lambda initializer: _on_axes(initializer, letters))
        self.bias: Variable | MaybeNone = None
        if self.bias_axes:
            first = min(letters.y.index(letter) for letter in self.bias_axes)
            sizes = dict(zip(self.bias_axes, self._known(letters, self.bias_axes), strict=True))
            self.bias = add_weight_with(self, "bias", tuple(sizes.get(letter, 1) for letter in letters.y[first:]))

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array, Array]]:
        """`z = einsum(equation, x, kernel) + bias`, `y = activation(z)`."""
        letters = self._letters(x.shape)
        z = contract(x, self.kernel.value, letters.x, letters.kernel, letters.y)
        if self.bias_axes:
            z += self.bias.value
        y = self.activation.forward(z)
        return y, (x, z, y)

    def backward(self, dy: Array, cache: tuple[Array, Array, Array]) -> Array:
        """The same product with other subscripts: "abc,cd->abd" becomes "abd,cd->abc"."""
        letters, dz = self._letters(cache[0].shape), self._backward_to_z(dy, cache)
        dx = contract(dz, self.kernel.value, letters.y, letters.kernel, letters.x)
        return np.broadcast_to(
            dx, cache[0].shape
        )  # an axis that only the input has was summed over: the gradient is constant along it

    def backward_weights(self, dy: Array, cache: tuple[Array, Array, Array]) -> None:
        """The weights' gradients, without the product that gives `dx`."""
        self._backward_to_z(dy, cache)

    def _backward_to_z(self, dy: Array, cache: tuple[Array, Array, Array]) -> Array:
        """The equation "abc,cd->abd" becomes "abc,abd->cd" for the kernel; the bias sums over its missing axes."""
        x, z, y = cache
        letters = self._letters(x.shape)
        dz: Array = self.activation.backward(dy, z, y)
        self.kernel.grad += contract(x, dz, letters.x, letters.y, letters.kernel)
        if self.bias_axes:
            same = tuple(axis for axis, letter in enumerate(letters.y) if letter not in self.bias_axes)
            self.bias.grad += dz.sum(axis=same).reshape(self.bias.shape)
        return dz

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        letters = self._letters(input_shape)
        return letters.shape(letters.y)

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)
        letters = self._letters(shape)
        if not self.built:
            return
        for letter, size in zip(letters.kernel, self.kernel.shape, strict=True):
            if letters.sizes[letter] not in (None, size):
                raise ValueError(
                    f'{self.title} expects the size {size} on axis "{letter}" of "{letters.x}", got shape {shape}; '
                    f"its weights were made for {size}"
                )

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """This layer without its softmax or sigmoid, with the same kernel and bias."""
        return None if self.activity_regularizer is not None else activations.split_final(self)

    def _letters(self, shape: Shape) -> Letters:
        return self._parts.letters_for(self.title, shape, self._output_sizes)

    def _known(self, letters: Letters, names: str) -> tuple[int, ...]:
        """The sizes of these letters, all of which must be known."""
        for name in names:
            if letters.sizes[name] is None:
                raise ValueError(
                    f'{self.title} needs to know the size of axis "{name}" of "{self.equation}"; give it in output_shape, '
                    f"or begin the model with Input(shape)"
                )
        return tuple(size for size in letters.shape(names) if size is not None)


def _on_axes(initializer: object, letters: Letters) -> Any:
    """The initializer with the kernel's input axes (summed over) and output axes, if it has such arguments."""
    if not isinstance(initializer, FanInitializer) or initializer.input_axes is not None:
        return initializer
    outputs = [axis for axis, letter in enumerate(letters.kernel) if letter in letters.y]
    inputs = [axis for axis in range(len(letters.kernel)) if axis not in outputs]
    return initializer.with_arguments(input_axes=inputs, output_axes=outputs)


def _as_sizes(output_shape: object) -> Shape:
    return check_shape("EinsumDense", "output_shape", as_tuple(output_shape))
