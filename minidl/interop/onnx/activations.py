"""Activation functions, and the layers that consist of one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.interop.onnx.builder import Builder, Tensor
from minidl.layers.activation import Activation
from minidl.layers.activations.leaky_relu import ELU, LeakyReLU
from minidl.layers.activations.prelu import PReLU
from minidl.layers.activations.relu import ReLU
from minidl.layers.activations.softmax import Softmax

AddNodes = Callable[..., str]  # (builder, name, dtype, **options) -> name

_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717  # of selu


def _single(operator: str, **attributes: object) -> AddNodes:
    return lambda g, x, dtype: g.op(operator, x, **attributes)


def relu(
    g: Builder, x: str, dtype: str, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> str:
    """`max(x, 0)`, cut off at `max_value`; below the threshold `negative_slope * (x - threshold)`."""
    if threshold == 0:
        if negative_slope:
            y = g.op("LeakyRelu", x, alpha=float(negative_slope))
        else:
            y = g.op("Relu", x) if dtype.startswith("float") else g.op("Max", x, g.constant(0, dtype))
    else:
        limit, below = g.constant(threshold, dtype), g.constant(0.0, dtype)
        if negative_slope:
            below = g.op("Mul", g.op("Sub", x, limit), g.constant(negative_slope, dtype))
        y = g.op("Where", g.op("GreaterOrEqual" if max_value is None and negative_slope else "Greater", x, limit), x, below)
    return y if max_value is None else g.op("Min", y, g.constant(max_value, dtype))


def relu6(g: Builder, x: str, dtype: str) -> str:
    """`min(max(x, 0), 6)`."""
    return clip(g, x, dtype, 0.0, 6.0)


def clip(g: Builder, x: str, dtype: str, low: float, high: float) -> str:
    """`min(max(x, low), high)`."""
    return g.op("Clip", x, g.constant(low, dtype), g.constant(high, dtype))


def elu(g: Builder, x: str, dtype: str, alpha: float = 1.0) -> str:
    """`alpha * (exp(x) - 1)` below 0."""
    return g.op("Elu", x, alpha=float(alpha))


def celu(g: Builder, x: str, dtype: str, alpha: float = 1.0) -> str:
    """`alpha * (exp(x / alpha) - 1)` below 0."""
    return g.op("Celu", x, alpha=float(alpha))


def leaky_relu(g: Builder, x: str, dtype: str, negative_slope: float = 0.2) -> str:
    """`negative_slope * x` below 0."""
    return g.op("LeakyRelu", x, alpha=float(negative_slope))


def gelu(g: Builder, x: str, dtype: str, approximate: bool = False) -> str:
    """`x * P(N <= x)`, exactly or by tanh."""
    return g.op("Gelu", x, approximate="tanh" if approximate else "none")


def silu(g: Builder, x: str, dtype: str) -> str:
    """`x * sigmoid(x)`."""
    return g.op("Mul", x, g.op("Sigmoid", x))


def hard_sigmoid(g: Builder, x: str, dtype: str) -> str:
    """`clip(x / 6 + 1 / 2, 0, 1)`."""
    return g.op("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def keras_2_hard_sigmoid(g: Builder, x: str, dtype: str) -> str:
    """`clip(0.2 * x + 0.5, 0, 1)`."""
    return g.op("HardSigmoid", x, alpha=0.2, beta=0.5)


def log_sigmoid(g: Builder, x: str, dtype: str) -> str:
    """`-softplus(-x)`."""
    return g.op("Neg", g.op("Softplus", g.op("Neg", x)))


def sparse_sigmoid(g: Builder, x: str, dtype: str) -> str:
    """`clip((x + 1) / 2, 0, 1)`."""
    return g.op("HardSigmoid", x, alpha=0.5, beta=0.5)


def sparse_plus(g: Builder, x: str, dtype: str) -> str:
    """0 up to -1, x from 1 on, and `(x + 1)^2 / 4` between."""
    one = g.constant(1.0, dtype)
    inside = clip(g, g.op("Add", x, one), dtype, 0.0, 2.0)
    square = g.op("Mul", g.op("Mul", inside, inside), g.constant(0.25, dtype))
    return g.op("Where", g.op("Greater", x, one), x, square)


def squareplus(g: Builder, x: str, dtype: str, b: float = 4) -> str:
    """`(x + sqrt(x^2 + b)) / 2`."""
    root = g.op("Sqrt", g.op("Add", g.op("Mul", x, x), g.constant(b, dtype)))
    return g.op("Mul", g.op("Add", x, root), g.constant(0.5, dtype))


def hard_shrink(g: Builder, x: str, dtype: str, threshold: float = 0.5) -> str:
    """`x` where `|x| > threshold`, 0 elsewhere."""
    return g.op("Shrink", x, lambd=float(threshold), bias=0.0)


def soft_shrink(g: Builder, x: str, dtype: str, threshold: float = 0.5) -> str:
    """`x` moved towards 0 by the threshold."""
    return g.op("Shrink", x, lambd=float(threshold), bias=float(threshold))


def tanh_shrink(g: Builder, x: str, dtype: str) -> str:
    """`x - tanh(x)`."""
    return g.op("Sub", x, g.op("Tanh", x))


def threshold(g: Builder, x: str, dtype: str, threshold: float, default_value: float) -> str:
    """`x` above the threshold, `default_value` elsewhere."""
    return g.op("Where", g.op("Greater", x, g.constant(threshold, dtype)), x, g.constant(default_value, dtype))


ELEMENTWISE: dict[str, AddNodes] = {
    "celu": celu,
    "elu": elu,
    "exponential": _single("Exp"),
    "gelu": gelu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "keras_2_hard_sigmoid": keras_2_hard_sigmoid,
    "hard_silu": _single("HardSwish"),
    "hard_tanh": lambda g, x, dtype: clip(g, x, dtype, -1.0, 1.0),
    "leaky_relu": leaky_relu,
    "linear": lambda g, x, dtype: x,
    "log_sigmoid": log_sigmoid,
    "mish": _single("Mish"),
    "relu": relu,
    "relu6": relu6,
    "selu": _single("Selu", alpha=_ALPHA, gamma=_SCALE),
    "sigmoid": _single("Sigmoid"),
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softplus": _single("Softplus"),
    "softsign": _single("Softsign"),
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "squareplus": squareplus,
    "tanh": _single("Tanh"),
    "tanh_shrink": tanh_shrink,
    "threshold": threshold,
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
        return g.elementwise(x, lambda one: ELEMENTWISE[name](g, one, x.dtype, **options))
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
