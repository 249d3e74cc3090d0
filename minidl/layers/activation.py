"""`Activation`: an activation function as a layer."""

from __future__ import annotations

from typing import Unpack

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.types import ActivationLike, Array, Shape
from minidl.layers.argument_checks import check_one_array
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class Activation(Layer):
    """Applies an activation function: `y = activation(x)`.

    Args:
        activation: name or function, such as "relu".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape; with "glu" its last axis is half as long.
    Raises:
        ValueError: the function cannot take the input's shape.
    Example:
        >>> Activation("relu")([[-1.0, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, activation: ActivationLike, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y = activation(x)`."""
        y = self.activation.forward(x)
        return y, (x, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx = dy * activation'(x)`, or its matrix form for softmax."""
        x, y = cache
        return self.activation.backward(dy, x, y)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.activation.compute_output_shape(input_shape, self.title)

    def check_input(self, shape: Shape) -> None:
        """Raise ValueError for several inputs, and a shape that the function cannot take."""
        check_one_array(self.title, shape)
        self.activation.compute_output_shape(shape, self.title)

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """The identity, and the softmax or sigmoid it replaces."""
        return None if self.activity_regularizer is not None else activations.split_final(self)
