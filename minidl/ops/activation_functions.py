"""Activation functions as operations; their formulas and derivatives are in `minidl.kernels.activations`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl import activations
from minidl.autodiff import Operation, operation
from minidl.config.settings import floatx
from minidl.config.types import Array

__all__ = ["celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu"]
__all__ += ["log_sigmoid", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"]
__all__ += ["softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink"]
__all__ += ["threshold"]


def _as_float(x: object) -> Array:
    """Integers and booleans as floats, as in Keras."""
    array = np.asarray(x)
    return array if array.dtype.kind == "f" else array.astype(floatx())


def _of(function: activations.ActivationFunction, convert: Callable[[Array], Array] = _as_float) -> Operation:
    """The operation of an activation function, with its options."""

    @operation(lambda dy, y, x, **options: function.backward(dy, x, y, **options))
    @functools.wraps(function.forward)
    def compute(x: Array, **options: Any) -> Array:
        return function.forward(convert(x), **options)

    return compute


celu = _of(activations.celu)
elu = _of(activations.elu)
glu = _of(activations.glu)
hard_shrink = _of(activations.hard_shrink)
hard_sigmoid = _of(activations.hard_sigmoid)
hard_silu = hard_swish = _of(activations.hard_silu)
hard_tanh = _of(activations.hard_tanh, np.asarray)  # integers stay integers
leaky_relu = _of(activations.leaky_relu)
log_sigmoid = _of(activations.log_sigmoid)
log_softmax = _of(activations.log_softmax)
relu6 = _of(activations.relu6)
selu = _of(activations.selu)
silu = swish = _of(activations.silu)
soft_shrink = _of(activations.soft_shrink)
softmax = _of(activations.softmax)
softplus = _of(activations.softplus)
softsign = _of(activations.softsign)
sparse_plus = _of(activations.sparse_plus)
sparse_sigmoid = _of(activations.sparse_sigmoid)
sparsemax = _of(activations.sparsemax)
squareplus = _of(activations.squareplus)
tanh_shrink = _of(activations.tanh_shrink)
threshold = _of(activations.threshold)


@operation(lambda dy, y, x: activations.relu.backward(dy, x, y))
def relu(x: Array) -> Array:
    """`y = max(x, 0)`.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return activations.relu.forward(x)


@operation(lambda dy, y, x, approximate: activations.gelu.backward(dy, x, y, approximate=approximate))
def gelu(x: Array, approximate: bool = True) -> Array:
    """`y = x * P(X <= x)` for a standard normal X.

    Example:
        >>> gelu([-1.0, 2.0]).round(2)
        array([-0.16,  1.95], dtype=float32)
    """
    return activations.gelu.forward(_as_float(x), approximate=approximate)


@operation(lambda dy, y, x: activations.sigmoid.backward(dy, x, y), numpy="expit")
def sigmoid(x: Array) -> Array:
    """`y = 1 / (1 + exp(-x))`.

    Example:
        >>> sigmoid([0.0, 2.0]).round(2)
        array([0.5 , 0.88], dtype=float32)
    """
    return activations.sigmoid.forward(x)


@operation(lambda dy, y, x: activations.tanh.backward(dy, x, y), numpy=np.tanh)
def tanh(x: Array) -> Array:
    """The hyperbolic tangent, `y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))`.

    Example:
        >>> tanh([0.0, 2.0]).round(2)
        array([0.  , 0.96], dtype=float32)
    """
    return np.tanh(x)
