"""`Projection`: a matrix product over several axes, from features to heads and back."""

from __future__ import annotations

import math
from typing import Unpack

from minidl import activations
from minidl.config.types import ActivationLike, Array, ConstraintLike, InitializerLike, MaybeNone, RegularizerLike, Shape
from minidl.initializers.initializer import Initializer
from minidl.initializers.variance import FanInitializer
from minidl.kernels.activations.relu import add_bias
from minidl.kernels.in_use import in_use
from minidl.kernels.products import matmul
from minidl.kernels.reductions import column_sums
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.weight_options import add_weight_with, set_weight_options
from minidl.variable import Variable


class Projection(Layer):
    """`y = activation(x @ kernel + bias)` over x's last axes; attention layers have four or five of them.

    Args:
        contracted: number of x's last axes that are summed over.
        output_axes: sizes of the axes that replace them.
        use_bias: whether a bias is added.
        kernel, bias: initializer, regularizer and constraint of each.
        activation: name, function or `None` for none.
        **kwargs: what every `Layer` takes.
    Shapes:
        x (batch, ..., *contracted) -> y (batch, ..., *output_axes); kernel (*contracted, *output_axes); bias (*output_axes).
    """

    kernel_initializer: Initializer

    def __init__(
        self,
        contracted: int,
        output_axes: tuple[int, ...],
        use_bias: bool,
        kernel: tuple[InitializerLike, RegularizerLike, ConstraintLike],
        bias: tuple[InitializerLike, RegularizerLike, ConstraintLike],
        activation: ActivationLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.contracted = contracted
        self.output_axes = output_axes
        self.use_bias = use_bias
        self.activation = activations.get(activation)
        set_weight_options(self, kernel=kernel, bias=bias)

    def build(self, input_shape: Shape | list[Shape]) -> None:
        """Create kernel and bias; the fan-in of an initializer counts all contracted axes."""
        sizes = (*input_shape[-self.contracted :], *self.output_axes)
        start = self.kernel_initializer
        if isinstance(start, FanInitializer) and start.input_axes is None:
            inputs = list(range(self.contracted))
            axes = {"input_axes": inputs, "output_axes": list(range(len(inputs), len(sizes)))}
            self.kernel_initializer = start.with_arguments(**axes)
        self.kernel = add_weight_with(self, "kernel", sizes)
        self.bias: Variable | MaybeNone = add_weight_with(self, "bias", self.output_axes) if self.use_bias else None

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[tuple[int, ...], Array, Array, Array]]:
        """`z = x @ kernel + bias`, `y = activation(z)`."""
        rows = x.reshape(-1, self._contracted_size())
        z = matmul(rows, self.matrix())  # (rows, contracted) @ (contracted, outputs) -> (rows, outputs)
        if self.use_bias:
            in_use[add_bias](z, self.bias.value.ravel())
        z = z.reshape(*x.shape[: -self.contracted], *self.output_axes)
        y = self.activation.forward(z)
        return y, (x.shape, rows, z, y)

    def backward(self, dy: Array, cache: tuple[tuple[int, ...], Array, Array, Array]) -> Array:
        """`dx = dz @ kernel.T`."""
        dx = matmul(self._backward_to_rows(dy, cache), self.matrix().T)  # (rows, outputs) @ (outputs, contracted)
        return dx.reshape(cache[0])

    def backward_weights(self, dy: Array, cache: tuple[tuple[int, ...], Array, Array, Array]) -> None:
        """The weights' gradients, without the product that gives `dx`."""
        self._backward_to_rows(dy, cache)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[: -self.contracted], *self.output_axes)

    def _backward_to_rows(self, dy: Array, cache: tuple[tuple[int, ...], Array, Array, Array]) -> Array:
        _, rows, z, y = cache
        dz: Array = self.activation.backward(dy, z, y).reshape(len(rows), math.prod(self.output_axes))
        self.kernel.grad += matmul(rows.T, dz).reshape(self.kernel.shape)  # (contracted, rows) @ (rows, outputs)
        if self.use_bias:
            self.bias.grad += column_sums(dz).reshape(self.bias.shape)
        return dz

    def _contracted_size(self) -> int:
        return math.prod(self.kernel.shape[: self.contracted])

    def matrix(self) -> Array:
        """The kernel as (contracted, outputs)."""
        matrix: Array = self.kernel.value.reshape(self._contracted_size(), -1)
        return matrix
