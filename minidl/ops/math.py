"""Elementwise functions of one tensor, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minidl.autodiff import Operation, operation
from minidl.config.docstrings import with_example
from minidl.config.types import Array, DTypeLike, Tensors
from minidl.kernels import normal

__all__ = ["abs", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cast", "cbrt", "ceil", "copy"]
__all__ += ["cos", "cosh", "cumprod", "cumsum", "deg2rad", "erf", "exp", "exp2", "expm1", "floor", "isfinite", "isinf"]
__all__ += ["isnan", "log", "log1p", "log2", "log10", "nan_to_num", "negative", "ones_like", "rad2deg", "reciprocal", "round"]
__all__ += ["rsqrt", "sign", "sin", "sinh", "sqrt", "square", "stop_gradient", "tan", "trunc", "zeros_like"]


def unary(
    function: Callable[[Array], object],
    derivative: Callable[..., object] | None,
    doc: str,
    example: str,
    name: str = "",
    module: str = __name__,
) -> Operation:
    """An operation made of a NumPy or SciPy function and `derivative(dy, y, x) -> dx`; `None` where it has none."""

    def compute(x: Array) -> Tensors:
        return function(x)

    compute.__name__, compute.__doc__, compute.__module__ = name or function.__name__, with_example(doc, example), module
    return operation(*([] if derivative is None else [derivative]), numpy=function)(compute)


negative = unary(np.negative, lambda dy, y, x: -dy, "Negative, `y = -x`.", "negative([1, -2]) -> [-1  2]")
abs = absolute = unary(
    np.absolute,
    lambda dy, y, x: dy * np.sign(x),
    "Absolute value, `y = |x|`; its slope at 0 is 0.",
    "abs([-1, 2]) -> [1 2]",
    "abs",
)
square = unary(np.square, lambda dy, y, x: 2 * dy * x, "Square, `x * x`.", "square([3, -4]) -> [ 9 16]")
sqrt = unary(np.sqrt, lambda dy, y, x: 0.5 * dy / y, "Square root, `y = sqrt(x)`.", "sqrt([4.0, 9.0]) -> [2. 3.]")
cbrt = unary(
    np.cbrt, lambda dy, y, x: dy / (3 * y * y), "Cube root, `y = x ** (1 / 3)`.", "cbrt([8.0, 27.0]).round(2) -> [2. 3.]"
)
exp = unary(np.exp, lambda dy, y, x: dy * y, "Exponential, `e ** x`.", "exp([0.0, 1.0]).round(2) -> [1.   2.72]")
exp2 = unary(np.exp2, lambda dy, y, x: dy * y * np.log(2.0).astype(y.dtype), "`2 ** x`.", "exp2([1.0, 3.0]) -> [2. 8.]")
expm1 = unary(
    np.expm1, lambda dy, y, x: dy * (y + 1), "`exp(x) - 1`, accurate for small x.", "expm1([0.0, 1.0]).round(2) -> [0.   1.72]"
)
log = unary(np.log, lambda dy, y, x: dy / x, "Natural logarithm, `y = log(x)`.", "log([1.0, 10.0]).round(2) -> [0.  2.3]")
log2 = unary(
    np.log2,
    lambda dy, y, x: dy / (x * np.log(2.0).astype(y.dtype)),
    "Logarithm to base 2, `log(x) / log(2)`.",
    "log2([2.0, 8.0]) -> [1. 3.]",
)
log10 = unary(
    np.log10,
    lambda dy, y, x: dy / (x * np.log(10.0).astype(y.dtype)),
    "Logarithm to base 10, `log(x) / log(10)`.",
    "log10([10.0, 1000.0]).round(2) -> [1. 3.]",
)
log1p = unary(
    np.log1p, lambda dy, y, x: dy / (1 + x), "`log(1 + x)`, accurate for small x.", "log1p([0.0, 9.0]).round(2) -> [0.  2.3]"
)
sin = unary(np.sin, lambda dy, y, x: dy * np.cos(x), "Sine, `y = sin(x)`.", "sin([0.0, 1.0]).round(2) -> [0.   0.84]")
cos = unary(np.cos, lambda dy, y, x: -dy * np.sin(x), "Cosine, `y = cos(x)`.", "cos([0.0, 1.0]).round(2) -> [1.   0.54]")
tan = unary(np.tan, lambda dy, y, x: dy * (1 + y * y), "Tangent, `y = tan(x)`.", "tan([0.0, 1.0]).round(2) -> [0.   1.56]")
arcsin = unary(
    np.arcsin,
    lambda dy, y, x: dy / np.sqrt(1 - x * x),
    "Inverse sine, `sin(y) = x`.",
    "arcsin([0.0, 1.0]).round(2) -> [0.   1.57]",
)
arccos = unary(
    np.arccos,
    lambda dy, y, x: -dy / np.sqrt(1 - x * x),
    "Inverse cosine, `cos(y) = x`.",
    "arccos([0.0, 1.0]).round(2) -> [1.57 0.  ]",
)
arctan = unary(
    np.arctan, lambda dy, y, x: dy / (1 + x * x), "Inverse tangent, `tan(y) = x`.", "arctan([0.0, 1.0]).round(2) -> [0.   0.79]"
)
sinh = unary(
    np.sinh,
    lambda dy, y, x: dy * np.cosh(x),
    "Hyperbolic sine, `(exp(x) - exp(-x)) / 2`.",
    "sinh([0.0, 1.0]).round(2) -> [0.   1.18]",
)
cosh = unary(
    np.cosh,
    lambda dy, y, x: dy * np.sinh(x),
    "Hyperbolic cosine, `(exp(x) + exp(-x)) / 2`.",
    "cosh([0.0, 1.0]).round(2) -> [1.   1.54]",
)
arcsinh = unary(
    np.arcsinh,
    lambda dy, y, x: dy / np.sqrt(x * x + 1),
    "Inverse hyperbolic sine, `sinh(y) = x`.",
    "arcsinh([0.0, 1.0]).round(2) -> [0.   0.88]",
)
arccosh = unary(
    np.arccosh,
    lambda dy, y, x: dy / np.sqrt(x * x - 1),
    "Inverse hyperbolic cosine, `cosh(y) = x`.",
    "arccosh([1.0, 2.0]).round(2) -> [0.   1.32]",
)
arctanh = unary(
    np.arctanh,
    lambda dy, y, x: dy / (1 - x * x),
    "Inverse hyperbolic tangent, `tanh(y) = x`.",
    "arctanh([0.0, 0.5]).round(2) -> [0.   0.55]",
)
reciprocal = unary(np.reciprocal, lambda dy, y, x: -dy * y * y, "`1 / x`.", "reciprocal([2.0, 4.0]) -> [0.5  0.25]")
deg2rad = unary(
    np.deg2rad,
    lambda dy, y, x: dy * np.asarray(np.pi / 180, y.dtype),
    "Degrees to radians, `x * pi / 180`.",
    "deg2rad([0.0, 180.0]).round(2) -> [0.   3.14]",
)
rad2deg = unary(
    np.rad2deg,
    lambda dy, y, x: dy * np.asarray(180 / np.pi, y.dtype),
    "Radians to degrees, `x * 180 / pi`.",
    "rad2deg([0.0, np.pi]).round(2) -> [  0. 180.]",
)
sign = unary(np.sign, None, "-1, 0 or 1; its gradient is 0.", "sign([-5, 0, 2]) -> [-1  0  1]")
floor = unary(np.floor, None, "Largest integer not above x; its gradient is 0.", "floor([1.5, -1.5]) -> [ 1. -2.]")
ceil = unary(np.ceil, None, "Smallest integer not below x; its gradient is 0.", "ceil([1.5, -1.5]) -> [ 2. -1.]")
trunc = unary(np.trunc, None, "Truncate to an integer; its gradient is 0.", "trunc([1.5, -1.5]) -> [ 1. -1.]")
isnan = unary(np.isnan, None, "True where x is NaN.", "isnan([1.0, np.nan]) -> [False  True]")
isinf = unary(np.isinf, None, "True where x is infinite.", "isinf([1.0, -np.inf]) -> [False  True]")
isfinite = unary(np.isfinite, None, "True where x is neither infinite nor NaN.", "isfinite([1.0, np.inf]) -> [ True False]")


@operation(numpy=np.zeros_like)
def zeros_like(x: Array, dtype: DTypeLike = None) -> Array:
    """Zeros of x's shape and type.

    Example:
        >>> zeros_like([1, 2])
        array([0, 0])
    """
    return np.zeros_like(x, dtype)


@operation(numpy=np.ones_like)
def ones_like(x: Array, dtype: DTypeLike = None) -> Array:
    """Ones of x's shape and type.

    Example:
        >>> ones_like([1, 2])
        array([1, 1])
    """
    return np.ones_like(x, dtype)


@operation(lambda dy, y, x: dy * np.exp(-x * x) * np.asarray(2 / np.sqrt(np.pi), y.dtype), numpy="erf")
def erf(x: Array) -> Array:
    """Error function, `2 / sqrt(pi) * integral(exp(-t ** 2), t, 0, x)`.

    Example:
        >>> erf([0.0, 1.0]).round(2)
        array([0.  , 0.84], dtype=float32)
    """
    return normal.erf(x)


@operation(lambda dy, y, x: -0.5 * dy * y / x)
def rsqrt(x: Array) -> Array:
    """`1 / sqrt(x)`.

    Example:
        >>> rsqrt([4.0, 16.0])
        array([0.5 , 0.25], dtype=float32)
    """
    return 1.0 / np.sqrt(x)


@operation(numpy=(np.round, np.around))
def round_(x: Array, decimals: int = 0) -> Array:
    """Round to the given number of decimals; its gradient is 0.

    Example:
        >>> round([1.26, 2.0], 1)
        array([1.3, 2. ], dtype=float32)
    """
    return np.round(x, max(-400, min(decimals, 400)))  # NumPy multiplies once for each; 10**400 is infinite anyway


@operation()
def stop_gradient(variable: Array) -> Array:
    """Identity with gradient 0.

    Example:
        >>> from minidl.ops import jvp
        >>> jvp(lambda x: x * stop_gradient(x), [np.array([3.0])], [np.array([1.0])])
        (array([9.]), array([3.]))
    """
    return np.asarray(variable)


@operation(lambda dy, y, x, dtype: dy)
def cast(x: Array, dtype: str) -> Array:
    """Convert to another dtype; in a model, floats keep the model's float type.

    Example:
        >>> cast([1.7, -1.7], "int32")
        array([ 1, -1], dtype=int32)
    """
    return np.asarray(x).astype(dtype)


@operation(lambda dy, y, x, nan, posinf, neginf: dy * np.isfinite(x), numpy=np.nan_to_num)
def nan_to_num(x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    """Replace NaN and infinities by numbers.

    Example:
        >>> nan_to_num([1.0, np.nan])
        array([1., 0.], dtype=float32)
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


copy = unary(np.copy, lambda dy, y, x: dy, "A copy of x.", "copy([1, 2]) -> [1 2]")


def _cumulative_backward(dy: Array, axis: int | None, shape: tuple[int, ...]) -> Array:
    axis = axis or 0
    return np.flip(np.cumsum(np.flip(dy, axis), axis), axis).reshape(shape)


@operation(lambda dy, y, x, axis, dtype: _cumulative_backward(dy, axis, x.shape), numpy=np.cumsum)
def cumsum(x: Array, axis: int | None = None, dtype: DTypeLike = None) -> Array:
    """Cumulative sum along an axis, `y[i] = y[i - 1] + x[i]`; of the flattened tensor by default.

    Example:
        >>> cumsum([1, 2, 3])
        array([1, 3, 6])
    """
    return np.cumsum(x, axis, dtype)


@operation(lambda dy, y, x, axis, dtype: _cumulative_backward(dy * y, axis, x.shape) / x, numpy=np.cumprod)
def cumprod(x: Array, axis: int | None = None, dtype: DTypeLike = None) -> Array:
    """Cumulative product along an axis, `y[i] = y[i - 1] * x[i]`; of the flattened tensor by default.

    Its gradient requires nonzero elements.

    Example:
        >>> cumprod([1, 2, 3])
        array([1, 2, 6])
    """
    return np.cumprod(x, axis, dtype)


round = round_
