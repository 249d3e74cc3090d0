"""Less common elementwise functions: error functions, sinc, Bessel, and others of two tensors."""

from __future__ import annotations

import functools

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array
from minidl.ops.arithmetic import binary, share
from minidl.ops.math import unary

__all__ = ["divide_no_nan", "erfc", "erfinv", "fabs", "fmax", "fmin", "fmod", "heaviside", "i0", "isneginf", "isposinf"]
__all__ += ["ldexp", "logaddexp2", "nextafter", "signbit", "sinc"]

_unary = functools.partial(unary, module=__name__)
_binary = functools.partial(binary, module=__name__)
_SLOPE_OF_ERF = 2 / np.sqrt(np.pi)

fabs = _unary(
    np.fabs,
    lambda dy, y, x: dy * np.sign(x),
    "Absolute value, `y = |x|`, as a float; its slope at 0 is 0.",
    "fabs([-1, 2]) -> [1. 2.]",
)
sinc = _unary(
    np.sinc,
    lambda dy, y, x: dy * np.where(x == 0, 0, np.cos(np.pi * x) - y) / np.where(x == 0, 1, x),
    "`sin(pi * x) / (pi * x)`, 1 at 0.",
    "sinc([0.0, 0.5]).round(2) -> [1.   0.64]",
)
signbit = _unary(np.signbit, None, "True where the sign is negative, also for -0.0.", "signbit([1.0, -0.0]) -> [False  True]")
isneginf = _unary(np.isneginf, None, "True where x is minus infinity.", "isneginf([np.inf, -np.inf]) -> [False  True]")
isposinf = _unary(np.isposinf, None, "True where x is plus infinity.", "isposinf([np.inf, -np.inf]) -> [ True False]")
i0 = _unary(
    np.i0,
    lambda dy, y, x: dy * _scipy("i1")(x),
    "Modified Bessel function of order 0: `sum over k of (x / 2) ** (2 * k) / factorial(k) ** 2`.",
    "i0([0.0, 1.0]).round(2) -> [1.   1.27]",
)


@operation(lambda dy, y, x: dy * np.exp(-x * x) * y.dtype.type(-_SLOPE_OF_ERF), numpy="erfc")
def erfc(x: Array) -> Array:
    """`1 - erf(x)`, accurate for large x.

    Example:
        >>> erfc([0.0, 1.0]).round(2)
        array([1.  , 0.16], dtype=float32)
    """
    y: Array = _scipy("erfc")(x)
    return y


@operation(lambda dy, y, x: dy * np.exp(y * y) / y.dtype.type(_SLOPE_OF_ERF), numpy="erfinv")
def erfinv(x: Array) -> Array:
    """Inverse of `erf`: `erf(y) = x`.

    Example:
        >>> erfinv([0.0, 0.5]).round(2)
        array([0.  , 0.48], dtype=float32)
    """
    y: Array = _scipy("erfinv")(x)
    return y


fmax = _binary(
    np.fmax,
    lambda dy, y, x1, x2: share(np.greater(x1, x2) | np.isnan(x2), np.equal(x1, x2), dy),
    lambda dy, y, x1, x2: share(np.less(x1, x2) | np.isnan(x1), np.equal(x1, x2), dy),
    "Elementwise maximum that ignores NaN.",
    "fmax([1.0, np.nan], [2.0, 0.0]) -> [2. 0.]",
)
fmin = _binary(
    np.fmin,
    lambda dy, y, x1, x2: share(np.less(x1, x2) | np.isnan(x2), np.equal(x1, x2), dy),
    lambda dy, y, x1, x2: share(np.greater(x1, x2) | np.isnan(x1), np.equal(x1, x2), dy),
    "Elementwise minimum that ignores NaN.",
    "fmin([1.0, np.nan], [2.0, 0.0]) -> [1. 0.]",
)
fmod = _binary(
    np.fmod,
    lambda dy, y, x1, x2: dy,
    lambda dy, y, x1, x2: -dy * np.trunc(np.divide(x1, x2)),
    "Remainder with the sign of `x1`: `y = x1 - x2 * trunc(x1 / x2)`.",
    "fmod([7, -7], 3) -> [ 1 -1]",
)
logaddexp2 = _binary(
    np.logaddexp2,
    lambda dy, y, x1, x2: dy * np.exp2(x1 - y),
    lambda dy, y, x1, x2: dy * np.exp2(x2 - y),
    "`log2(2 ** x1 + 2 ** x2)`, without overflow.",
    "logaddexp2([1.0], [1.0]) -> [2.]",
)
heaviside = _binary(
    np.heaviside,
    lambda dy, y, x1, x2: np.zeros_like(y),
    lambda dy, y, x1, x2: dy * np.equal(x1, 0),
    "0 for negative x1, 1 for positive ones, x2 at 0.",
    "heaviside([-1.0, 0.0, 2.0], 0.5) -> [0.  0.5 1. ]",
)
nextafter = _binary(
    np.nextafter, None, None, "The next representable float after x1 towards x2.", "nextafter([1.0], [2.0]) > 1 -> [ True]"
)


@operation(lambda dy, y, x1, x2: np.ldexp(dy, np.asarray(x2, int)), None, numpy=np.ldexp)
def ldexp(x1: Array, x2: Array) -> Array:
    """`x1 * 2 ** x2` for integers x2.

    Example:
        >>> ldexp([1.0, 3.0], [2, 1])
        array([4., 6.], dtype=float32)
    """
    y: Array = np.ldexp(x1, np.asarray(x2, int))
    return y


@operation(lambda dy, y, x1, x2: dy * np.not_equal(x2, 0) / _nonzero(x2), lambda dy, y, x1, x2: -dy * y / _nonzero(x2))
def divide_no_nan(x1: Array, x2: Array) -> Array:
    """`x1 / x2`, and 0 where x2 is 0.

    Example:
        >>> divide_no_nan([1.0, 2.0], [2.0, 0.0])
        array([0.5, 0. ], dtype=float32)
    """
    return np.where(np.equal(x2, 0), 0, np.divide(x1, _nonzero(x2)))


def _nonzero(x: float | Array) -> Array:
    """`x` with 1 instead of 0."""
    return np.where(np.equal(x, 0), np.ones_like(x), x)


def _scipy(name: str) -> np.ufunc:
    from scipy import special  # imported here, because importing minidl loads only NumPy

    y: np.ufunc = getattr(special, name)
    return y
