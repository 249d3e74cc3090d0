"""A fully connected layer in inference mode."""

from collections.abc import Callable

from minidl.config.types import Array
from minidl.kernels.activations.relu import activate
from minidl.kernels.products import matmul


def dense(x: Array, kernel: Array, bias: Array, activation: Callable[[Array], Array]) -> Array:
    """`activation(x @ kernel + bias)`: (rows, features) @ (features, units) -> (rows, units)."""
    return activate(matmul(x, kernel), bias, activation)
