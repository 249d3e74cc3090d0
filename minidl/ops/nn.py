"""Activation functions as operations; their formulas and derivatives are in `minidl.kernels`."""

from typing import Any

import numpy as np

from minidl import activations
from minidl.autodiff import operation
from minidl.kernels.activations import softmax as kernels


@operation()
def relu(x: Any) -> Any:
    """`y = max(x, 0)`."""
    return activations.relu.forward(x)


relu.register_backward(lambda dy, y, x: activations.relu.backward(dy, x, y))


@operation()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """`y = x` above 0, `negative_slope * x` below."""
    return activations.leaky_relu.forward(x, negative_slope=negative_slope)


leaky_relu.register_backward(
    lambda dy, y, x, negative_slope: activations.leaky_relu.backward(dy, x, y, negative_slope=negative_slope)
)


@operation()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """`y = x` above 0, `alpha * (exp(x) - 1)` below."""
    return activations.elu.forward(x, alpha=alpha)


elu.register_backward(lambda dy, y, x, alpha: activations.elu.backward(dy, x, y, alpha=alpha))


@operation()
def gelu(x: Any, approximate: bool = True) -> Any:
    """`y = x * P(X <= x)` for a standard normal X."""
    return activations.gelu.forward(x, approximate=approximate)


gelu.register_backward(lambda dy, y, x, approximate: activations.gelu.backward(dy, x, y, approximate=approximate))


@operation()
def silu(x: Any) -> Any:
    """`y = x * sigmoid(x)`."""
    return activations.silu.forward(x)


silu.register_backward(lambda dy, y, x: activations.silu.backward(dy, x, y))


@operation(numpy="expit")
def sigmoid(x: Any) -> Any:
    """`y = 1 / (1 + exp(-x))`."""
    return activations.sigmoid.forward(x)


sigmoid.register_backward(lambda dy, y, x: activations.sigmoid.backward(dy, x, y))


@operation()
def softplus(x: Any) -> Any:
    """`y = log(1 + exp(x))`."""
    return activations.softplus.forward(x)


softplus.register_backward(lambda dy, y, x: activations.softplus.backward(dy, x, y))


@operation(numpy=np.tanh)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


tanh.register_backward(lambda dy, y, x: activations.tanh.backward(dy, x, y))


@operation()
def softmax(x: Any, axis: Any = -1) -> Any:
    """Probabilities along an axis: `y = exp(x) / sum(exp(x))`."""
    return kernels.softmax(x, axis)


softmax.register_backward(lambda dy, y, x, axis: kernels.softmax_backward(dy, x, y, axis))


@operation()
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of `softmax`, computed without underflow."""
    return kernels.log_softmax(x, axis)


log_softmax.register_backward(lambda dy, y, x, axis: kernels.log_softmax_backward(dy, x, y, axis))
