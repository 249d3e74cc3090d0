"""Activation functions, and the layers that consist of one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.interop.onnx.builder import Builder, Tensor
from minidl.interop.onnx.numbers import Formula, Numbers
from minidl.layers.activation import Activation
from minidl.layers.activations.leaky_relu import ELU, LeakyReLU
from minidl.layers.activations.prelu import PReLU
from minidl.layers.activations.relu import ReLU
from minidl.layers.activations.softmax import Softmax

AddNodes = Callable[..., str]  # (builder, name, rank, dtype, **options) -> name

_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717  # of selu


def relu(n: Numbers, x: str, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> str:
    """`max(x, 0)`, cut off at `max_value`; below the threshold `negative_slope * (x - threshold)`."""
    if threshold == 0:
        if negative_slope:
            y = n("LeakyRelu", x, alpha=float(negative_slope))
        else:
            y = n("Relu", x) if n.is_float else n("Max", x, 0)
    else:
        below = n("Mul", n("Sub", x, threshold), negative_slope) if negative_slope else 0.0
        y = n("Where", n("GreaterOrEqual" if max_value is None and negative_slope else "Greater", x, threshold), x, below)
    return y if max_value is None else n("Min", y, max_value)


def _sparse_plus(n: Numbers, x: str) -> str:
    """0 up to -1, x from 1 on, and `(x + 1)^2 / 4` between."""
    inside = n("Clip", n("Add", x, 1.0), 0.0, 2.0)
    return n("Where", n("Greater", x, 1.0), x, n("Mul", n("Mul", inside, inside), 0.25))


def _shrink(n: Numbers, x: str, threshold: float = 0.5, bias: float = 0.0) -> str:
    return n("Shrink", x, lambd=float(threshold), bias=float(bias))


ELEMENTWISE: dict[str, Formula] = {
    "celu": lambda n, x, alpha=1.0: n("Celu", x, alpha=float(alpha)),
    "elu": lambda n, x, alpha=1.0: n("Elu", x, alpha=float(alpha)),
    "exponential": lambda n, x: n("Exp", x),
    "gelu": lambda n, x, approximate=False: n("Gelu", x, approximate="tanh" if approximate else "none"),
    "hard_shrink": _shrink,
    "hard_sigmoid": lambda n, x: n("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "keras_2_hard_sigmoid": lambda n, x: n("HardSigmoid", x, alpha=0.2, beta=0.5),
    "hard_silu": lambda n, x: n("HardSwish", x),
    "hard_tanh": lambda n, x: n("Clip", x, -1.0, 1.0),
    "leaky_relu": lambda n, x, negative_slope=0.2: n("LeakyRelu", x, alpha=float(negative_slope)),
    "linear": lambda n, x: x,
    "log_sigmoid": lambda n, x: n("Neg", n("Softplus", n("Neg", x))),
    "mish": lambda n, x: n("Mish", x),
    "relu": relu,
    "relu6": lambda n, x: n("Clip", x, 0.0, 6.0),
    "selu": lambda n, x: n("Selu", x, alpha=_ALPHA, gamma=_SCALE),
    "sigmoid": lambda n, x: n("Sigmoid", x),
    "silu": lambda n, x: n("Mul", x, n("Sigmoid", x)),
    "soft_shrink": lambda n, x, threshold=0.5: _shrink(n, x, threshold, threshold),
    "softplus": lambda n, x: n("Softplus", x),
    "softsign": lambda n, x: n("Softsign", x),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda n, x: n("HardSigmoid", x, alpha=0.5, beta=0.5),
    "squareplus": lambda n, x, b=4: n("Mul", n("Add", x, n("Sqrt", n("Add", n("Mul", x, x), b))), 0.5),
    "tanh": lambda n, x: n("Tanh", x),
    "tanh_shrink": lambda n, x: n("Sub", x, n("Tanh", x)),
    "threshold": lambda n, x, threshold, default_value: n("Where", n("Greater", x, threshold), x, default_value),
}


def softmax(g: Builder, x: str, rank: int, dtype: str, axis: int | Sequence[int] = -1, log: bool = False) -> str:
    """Probabilities along one axis, or along several together."""
    if isinstance(axis, int) or len(axis) == 1:
        return g.op("LogSoftmax" if log else "Softmax", x, axis=axis if isinstance(axis, int) else axis[0])
    axes = g.integers(*axis)
    shifted = g.op("Sub", x, g.op("ReduceMax", x, axes, keepdims=1))
    if log:
        return g.op("Sub", shifted, g.op("ReduceLogSumExp", shifted, axes, keepdims=1))
    exponentials = g.op("Exp", shifted)
    return g.op("Div", exponentials, g.op("ReduceSum", exponentials, axes, keepdims=1))


def glu(g: Builder, x: str, rank: int, dtype: str, axis: int = -1) -> str:
    """The first half times the sigmoid of the second."""
    a, b = g.ops("Split", [x], 2, axis=axis, num_outputs=2)
    return g.op("Mul", a, g.op("Sigmoid", b))


def sparsemax(g: Builder, x: str, rank: int, dtype: str, axis: int = -1) -> str:
    """The nearest point of the simplex: `max(x - tau, 0)`, with tau from the sorted values that stay above 0."""
    last = axis % rank == rank - 1
    order = [n for n in range(rank) if n != axis % rank] + [axis % rank]
    rows = x if last else g.op("Transpose", x, perm=order)
    count = g.size(rows, rank - 1)
    ordered = g.ops("TopK", [rows, count], 2, axis=-1, largest=1, sorted=1)[0]
    one = g.constant(1, np.int64)
    places = g.op("Range", one, g.op("Add", g.op("Squeeze", count), one), one)
    places = g.op("CastLike", places, rows)
    sums = g.op("Sub", g.op("CumSum", ordered, g.constant(rank - 1, np.int64)), g.constant(1.0, dtype))
    support = g.op("CastLike", g.op("Greater", g.op("Mul", places, ordered), sums), rows)
    size = g.op("ReduceSum", support, g.integers(-1), keepdims=1)
    chosen = g.op("Sub", g.op("Cast", size, to=7), one)
    tau = g.op("Div", g.op("GatherElements", sums, chosen, axis=rank - 1), size)
    y = g.op("Relu", g.op("Sub", rows, tau))
    return y if last else g.op("Transpose", y, perm=[order.index(n) for n in range(rank)])


ALONG_AXIS: dict[str, AddNodes] = {
    "glu": glu,
    "log_softmax": lambda g, x, rank, dtype, axis=-1: softmax(g, x, rank, dtype, axis, log=True),
    "softmax": softmax,
    "sparsemax": sparsemax,
}


def activate(g: Builder, function: ActivationFunction, x: Tensor, title: str, **options: object) -> Tensor:
    """Add the nodes of an activation function; raises ValueError for one that is not minidl's own."""
    name = function.__name__
    if vars(activations).get(name) is not function:
        raise ValueError(f"{title} cannot be exported to ONNX: its activation {name!r} is not one of minidl.activations")
    if name in ELEMENTWISE:
        return g.elementwise(x, lambda one: ELEMENTWISE[name](Numbers(g, x.dtype), one, **options))
    y = ALONG_AXIS[name](g, g.plain(x), x.rank, x.dtype, **options)
    changed = getattr(function, "output_shape", None)
    shape = x.shape if changed is None else changed(x.shape, title, **options)
    return g.tensor(y, shape, x.dtype)


def activation(g: Builder, layer: Any, x: Tensor, mask: Tensor | None) -> Tensor:
    """`Activation`."""
    return activate(g, layer.activation, x, layer.title)


def prelu(g: Builder, layer: PReLU, x: Tensor, mask: Tensor | None) -> Tensor:
    """`max(x, 0) + alpha * min(x, 0)`."""
    order, name = next(iter(x.views.items()))
    alpha = layer.alpha.value.transpose([axis - 1 for axis in order[1:]])
    return g.tensor(g.op("PRelu", name, g.weight("alpha", alpha)), x.shape, x.dtype, order)


def softmax_layer(g: Builder, layer: Softmax, x: Tensor, mask: Tensor | None) -> str:
    """Probabilities of the unmasked elements."""
    name = g.plain(x)
    if mask is None:
        return softmax(g, name, x.rank, x.dtype, layer.axis)
    keep = g.plain(mask)
    hidden = g.op("Where", keep, name, g.constant(-1e9, x.dtype))
    return g.op("Where", keep, softmax(g, hidden, x.rank, x.dtype, layer.axis), g.constant(0.0, x.dtype))


LAYERS: dict[type, Callable[..., object]] = {
    Activation: activation,
    ELU: lambda g, layer, x, mask: activate(g, activations.elu, x, layer.title, alpha=layer.alpha),
    LeakyReLU: lambda g, layer, x, mask: activate(
        g, activations.leaky_relu, x, layer.title, negative_slope=layer.negative_slope
    ),
    PReLU: prelu,
    ReLU: lambda g, layer, x, mask: activate(g, activations.relu, x, layer.title, **layer._options()),
    Softmax: softmax_layer,
}
