"""Functions that neural networks are made of, with the gradients of their activations."""

from typing import Any

import numpy as np

from minidl import activations
from minidl.kernels import elementwise
from minidl.ops.op import op


@op()
def relu(x: Any) -> Any:
    """`y = max(x, 0)`."""
    return activations.relu.forward(x)


relu.has(lambda dy, y, x: activations.relu.backward(dy, x, y))


@op()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """`y = x` above 0, `negative_slope * x` below."""
    return activations.leaky_relu.forward(x, negative_slope=negative_slope)


leaky_relu.has(lambda dy, y, x, negative_slope: activations.leaky_relu.backward(dy, x, y, negative_slope=negative_slope))


@op()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """`y = x` above 0, `alpha * (exp(x) - 1)` below."""
    return activations.elu.forward(x, alpha=alpha)


elu.has(lambda dy, y, x, alpha: activations.elu.backward(dy, x, y, alpha=alpha))


@op()
def gelu(x: Any, approximate: bool = True) -> Any:
    """`y = x * P`, P being the normal distribution's probability of a value below x."""
    return activations.gelu.forward(x, approximate=approximate)


gelu.has(lambda dy, y, x, approximate: activations.gelu.backward(dy, x, y, approximate=approximate))


@op()
def silu(x: Any) -> Any:
    """`y = x * sigmoid(x)`."""
    return activations.silu.forward(x)


silu.has(lambda dy, y, x: activations.silu.backward(dy, x, y))


@op()
def sigmoid(x: Any) -> Any:
    """`y = 1 / (1 + exp(-x))`."""
    return activations.sigmoid.forward(x)


sigmoid.has(lambda dy, y, x: activations.sigmoid.backward(dy, x, y))


@op()
def softplus(x: Any) -> Any:
    """`y = log(1 + exp(x))`."""
    return activations.softplus.forward(x)


softplus.has(lambda dy, y, x: activations.softplus.backward(dy, x, y))


@op()
def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


tanh.has(lambda dy, y, x: activations.tanh.backward(dy, x, y))


@op()
def softmax(x: Any, axis: Any = -1) -> Any:
    """Probabilities along an axis: `y = exp(x) / sum(exp(x))`."""
    return elementwise.softmax(x, axis)


softmax.has(lambda dy, y, x, axis: elementwise.softmax_backward(dy, x, y, axis))


@op()
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """The logarithm of `softmax`, without its underflow."""
    return elementwise.log_softmax(x, axis)


log_softmax.has(lambda dy, y, x, axis: elementwise.log_softmax_backward(dy, x, y, axis))
