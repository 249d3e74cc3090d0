"""Functions of one tensor, element by element."""

from typing import Any

import numpy as np

from minidl.ops.op import op


@op()
def negative(x: Any) -> Any:
    """`y = -x`."""
    return np.negative(x)


negative.has(lambda dy, y, x: -dy)


@op()
def abs_(x: Any) -> Any:
    """`y = |x|`; the slope at 0 is 0."""
    return np.abs(x)


abs_.has(lambda dy, y, x: dy * np.sign(x))


@op()
def square(x: Any) -> Any:
    """`y = x * x`."""
    return np.square(x)


square.has(lambda dy, y, x: 2 * dy * x)


@op()
def sqrt(x: Any) -> Any:
    """The square root."""
    return np.sqrt(x)


sqrt.has(lambda dy, y, x: 0.5 * dy / y)


@op()
def rsqrt(x: Any) -> Any:
    """`y = 1 / sqrt(x)`."""
    return 1.0 / np.sqrt(x)


rsqrt.has(lambda dy, y, x: -0.5 * dy * y / x)


@op()
def reciprocal(x: Any) -> Any:
    """`y = 1 / x`."""
    return 1.0 / np.asarray(x)


reciprocal.has(lambda dy, y, x: -dy * y * y)


@op()
def exp(x: Any) -> Any:
    """E to the power of x."""
    return np.exp(x)


exp.has(lambda dy, y, x: dy * y)


@op()
def expm1(x: Any) -> Any:
    """`y = exp(x) - 1`, right also for small x."""
    return np.expm1(x)


expm1.has(lambda dy, y, x: dy * (y + 1))


@op()
def log(x: Any) -> Any:
    """The natural logarithm."""
    return np.log(x)


log.has(lambda dy, y, x: dy / x)


@op()
def log1p(x: Any) -> Any:
    """`y = log(1 + x)`, right also for small x."""
    return np.log1p(x)


log1p.has(lambda dy, y, x: dy / (1 + x))


@op()
def sin(x: Any) -> Any:
    """The sine."""
    return np.sin(x)


sin.has(lambda dy, y, x: dy * np.cos(x))


@op()
def cos(x: Any) -> Any:
    """The cosine."""
    return np.cos(x)


cos.has(lambda dy, y, x: -dy * np.sin(x))


@op(differentiable=False)
def sign(x: Any) -> Any:
    """-1, 0 or 1; it has no gradient."""
    return np.sign(x)


@op(differentiable=False)
def floor(x: Any) -> Any:
    """The next whole number below; it has no gradient."""
    return np.floor(x)


@op(differentiable=False)
def ceil(x: Any) -> Any:
    """The next whole number above; it has no gradient."""
    return np.ceil(x)


@op(differentiable=False)
def round_(x: Any, decimals: int = 0) -> Any:
    """The nearest number of so many decimals; it has no gradient."""
    return np.round(x, decimals)


@op(differentiable=False)
def stop_gradient(variable: Any) -> Any:
    """The same, through which no gradient goes back."""
    return np.asarray(variable)


@op()
def cast(x: Any, dtype: str) -> Any:
    """Another type; in a graph, floats take the graph's own."""
    return np.asarray(x).astype(dtype)


cast.has(lambda dy, y, x, dtype: dy)


@op(differentiable=False)
def isnan(x: Any) -> Any:
    """Whether a number is none."""
    return np.isnan(x)


@op(differentiable=False)
def isfinite(x: Any) -> Any:
    """Whether a number is neither infinite nor NaN."""
    return np.isfinite(x)


@op(differentiable=False)
def zeros_like(x: Any, dtype: str | None = None) -> Any:
    """Zeros of x's shape."""
    return np.zeros_like(x, dtype)


@op(differentiable=False)
def ones_like(x: Any, dtype: str | None = None) -> Any:
    """Ones of x's shape."""
    return np.ones_like(x, dtype)


absolute, abs = abs_, abs_
round = round_
