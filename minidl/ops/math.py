"""Elementwise functions of one tensor, with their derivatives."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.autodiff import Operation, operation
from minidl.config.types import Array

__all__ = ["abs", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctanh", "cast", "cbrt", "ceil", "copy"]
__all__ += ["cos", "cosh", "cumprod", "cumsum", "deg2rad", "erf", "exp", "exp2", "expm1", "floor", "isfinite", "isinf"]
__all__ += ["isnan", "log", "log1p", "log2", "log10", "nan_to_num", "negative", "ones_like", "rad2deg", "reciprocal", "round"]
__all__ += ["rsqrt", "sign", "sin", "sinh", "sqrt", "square", "stop_gradient", "tan", "trunc", "zeros_like"]


def of_one(function: Callable[[Any], Any], derivative: Callable[..., Any] | None, doc: str, name: str = "") -> Operation:
    """An operation made of a NumPy or SciPy function and `derivative(dy, y, x) -> dx`; `None` where it has none."""

    def compute(x: Any) -> Any:
        return function(x)

    compute.__name__, compute.__doc__, compute.__module__ = name or function.__name__, doc, __name__
    made = operation(differentiable=derivative is not None, numpy=function)(compute)
    made.register_backward(derivative)
    return made


negative = of_one(np.negative, lambda dy, y, x: -dy, "Negative, `-x`.")
abs = absolute = of_one(np.absolute, lambda dy, y, x: dy * np.sign(x), "Absolute value; its slope at 0 is 0.", "abs")
square = of_one(np.square, lambda dy, y, x: 2 * dy * x, "Square, `x * x`.")
sqrt = of_one(np.sqrt, lambda dy, y, x: 0.5 * dy / y, "Square root.")
cbrt = of_one(np.cbrt, lambda dy, y, x: dy / (3 * y * y), "Cube root.")
exp = of_one(np.exp, lambda dy, y, x: dy * y, "Exponential, `e ** x`.")
exp2 = of_one(np.exp2, lambda dy, y, x: dy * y * np.log(2.0).astype(y.dtype), "`2 ** x`.")
expm1 = of_one(np.expm1, lambda dy, y, x: dy * (y + 1), "`exp(x) - 1`, accurate for small x.")
log = of_one(np.log, lambda dy, y, x: dy / x, "Natural logarithm.")
log2 = of_one(np.log2, lambda dy, y, x: dy / (x * np.log(2.0).astype(y.dtype)), "Logarithm to base 2.")
log10 = of_one(np.log10, lambda dy, y, x: dy / (x * np.log(10.0).astype(y.dtype)), "Logarithm to base 10.")
log1p = of_one(np.log1p, lambda dy, y, x: dy / (1 + x), "`log(1 + x)`, accurate for small x.")
sin = of_one(np.sin, lambda dy, y, x: dy * np.cos(x), "Sine.")
cos = of_one(np.cos, lambda dy, y, x: -dy * np.sin(x), "Cosine.")
tan = of_one(np.tan, lambda dy, y, x: dy * (1 + y * y), "Tangent.")
arcsin = of_one(np.arcsin, lambda dy, y, x: dy / np.sqrt(1 - x * x), "Inverse sine.")
arccos = of_one(np.arccos, lambda dy, y, x: -dy / np.sqrt(1 - x * x), "Inverse cosine.")
arctan = of_one(np.arctan, lambda dy, y, x: dy / (1 + x * x), "Inverse tangent.")
sinh = of_one(np.sinh, lambda dy, y, x: dy * np.cosh(x), "Hyperbolic sine.")
cosh = of_one(np.cosh, lambda dy, y, x: dy * np.sinh(x), "Hyperbolic cosine.")
arcsinh = of_one(np.arcsinh, lambda dy, y, x: dy / np.sqrt(x * x + 1), "Inverse hyperbolic sine.")
arccosh = of_one(np.arccosh, lambda dy, y, x: dy / np.sqrt(x * x - 1), "Inverse hyperbolic cosine.")
arctanh = of_one(np.arctanh, lambda dy, y, x: dy / (1 - x * x), "Inverse hyperbolic tangent.")
reciprocal = of_one(np.reciprocal, lambda dy, y, x: -dy * y * y, "`1 / x`.")
deg2rad = of_one(np.deg2rad, lambda dy, y, x: dy * np.asarray(np.pi / 180, y.dtype), "Degrees to radians.")
rad2deg = of_one(np.rad2deg, lambda dy, y, x: dy * np.asarray(180 / np.pi, y.dtype), "Radians to degrees.")
sign = of_one(np.sign, None, "-1, 0 or 1; its gradient is 0.")
floor = of_one(np.floor, None, "Largest integer not above x; its gradient is 0.")
ceil = of_one(np.ceil, None, "Smallest integer not below x; its gradient is 0.")
trunc = of_one(np.trunc, None, "Truncate to an integer; its gradient is 0.")
isnan = of_one(np.isnan, None, "True where x is NaN.")
isinf = of_one(np.isinf, None, "True where x is infinite.")
isfinite = of_one(np.isfinite, None, "True where x is neither infinite nor NaN.")


@operation(differentiable=False, numpy=np.zeros_like)
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros of x's shape and type."""
    return np.zeros_like(x, dtype)


@operation(differentiable=False, numpy=np.ones_like)
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones of x's shape and type."""
    return np.ones_like(x, dtype)


@operation(numpy="erf")
def erf(x: Any) -> Any:
    """Error function."""
    from scipy.special import erf  # imported here, because importing minidl loads only NumPy

    return erf(x)


erf.register_backward(lambda dy, y, x: dy * np.exp(-x * x) * np.asarray(2 / np.sqrt(np.pi), y.dtype))


@operation()
def rsqrt(x: Any) -> Any:
    """`1 / sqrt(x)`."""
    return 1.0 / np.sqrt(x)


rsqrt.register_backward(lambda dy, y, x: -0.5 * dy * y / x)


@operation(differentiable=False, numpy=(np.round, np.around))
def round_(x: Any, decimals: int = 0) -> Any:
    """Round to the given number of decimals; its gradient is 0."""
    return np.round(x, decimals)


@operation(differentiable=False)
def stop_gradient(variable: Any) -> Any:
    """Identity with gradient 0."""
    return np.asarray(variable)


@operation()
def cast(x: Any, dtype: str) -> Any:
    """Convert to another dtype; in a model, floats keep the model's float type."""
    return np.asarray(x).astype(dtype)


cast.register_backward(lambda dy, y, x, dtype: dy)


@operation(numpy=np.nan_to_num)
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Replace NaN and infinities by numbers."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num.register_backward(lambda dy, y, x, nan, posinf, neginf: dy * np.isfinite(x))


@operation(numpy=np.copy)
def copy(x: Any) -> Any:
    """A copy of x."""
    return np.copy(x)


copy.register_backward(lambda dy, y, x: dy)


def _cumulative_back(dy: Array, axis: int | None, shape: tuple[int, ...]) -> Any:
    axis = axis or 0
    return np.flip(np.cumsum(np.flip(dy, axis), axis), axis).reshape(shape)


@operation(numpy=np.cumsum)
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Cumulative sum along an axis; of the flattened tensor by default."""
    return np.cumsum(x, axis, dtype)


cumsum.register_backward(lambda dy, y, x, axis, dtype: _cumulative_back(dy, axis, x.shape))


@operation(numpy=np.cumprod)
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Cumulative product along an axis; of the flattened tensor by default. Its gradient requires nonzero elements."""
    return np.cumprod(x, axis, dtype)


cumprod.register_backward(lambda dy, y, x, axis, dtype: _cumulative_back(dy * y, axis, x.shape) / x)

round = round_
