"""`exp`, `tanh`, `sigmoid` and the normal distribution for compiled loops: in float32 by arithmetic for vector instructions.

`exp` is within 2 units in the last place of float32, with coefficients that were fitted with weights which make the relative
error even; `tanh` is within 6. In float64 they are the C library's, one number at a time.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numba import types
from numba.extending import overload

from minidl.kernels.normal import DENOMINATOR, EDGE, NUMERATOR

NumbaValue: TypeAlias = Any  # a value whose type Numba finds when it compiles, or a function of such values

_F = np.float32
_ONE, _HALF, _LIMIT = _F(1), _F(0.5), _F(128)
_LOG2_E, _LN2_HIGH, _LN2_LOW = _F(1.4426950408889634), _F(0.693359375), _F(-2.12194440e-4)
_E2, _E3, _E4, _E5, _E6 = _F(0.5), _F(0.16666573), _F(0.041666955), _F(0.0083637247), _F(0.001389393)
_SATURATED = _F(7.90531110763549805)  # where the quotient is 1
_NUMERATOR = -2.76076848e-16, 2.00018790e-13, -8.60467152e-11, 5.12229710e-08, 1.48572236e-05, 6.37261929e-04, 4.89352456e-03
_DENOMINATOR = 1.19825839e-06, 1.18534706e-04, 2.26843463e-03, 4.89352519e-03
_A, _B = (tuple(_F(256 * one) for one in several) for several in (_NUMERATOR, _DENOMINATOR))  # tiny products are not 0

_EDGE = _F(EDGE)
# As in `normal.normal_probability`, for the square of x instead of that of x / sqrt(2), and times 1 / sqrt(2) / 2.
_P = tuple(_F(a * 0.5 ** (6 - n) * 0.5 * math.sqrt(0.5)) for n, a in enumerate(NUMERATOR))
_Q = tuple(_F(b * 0.5 ** (4 - n)) for n, b in enumerate(DENOMINATOR))


def exp(x: float) -> float:
    """`e**x`; what a compiled function that calls `exp` gets is below."""
    return math.exp(x)


def tanh(x: float) -> float:
    """`(exp(x) - exp(-x)) / (exp(x) + exp(-x))`."""
    return math.tanh(x)


def sigmoid(x: float) -> float:
    """`1 / (1 + exp(-x))`, computed as in the reference."""
    return (1 + math.tanh(x / 2)) / 2


def normal_probability(x: float) -> float:
    """`(1 + erf(x / sqrt(2))) / 2`, of a float32."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


# Numba requires the same annotations of an overload, which takes a type, and of the functions it returns, which take a number.


@overload(exp, jit_options={"forceinline": True})
def _exp(x: NumbaValue) -> NumbaValue:
    return _exp_float32 if x == types.float32 else _exp_float64


@overload(tanh, jit_options={"forceinline": True})
def _tanh(x: NumbaValue) -> NumbaValue:
    return _tanh_float32 if x == types.float32 else _tanh_float64


@overload(sigmoid, jit_options={"forceinline": True})
def _sigmoid(x: NumbaValue) -> NumbaValue:
    return _sigmoid_by_tanh


@overload(normal_probability, jit_options={"forceinline": True})
def _normal_probability(x: NumbaValue) -> NumbaValue:
    return _normal_probability_float32


def _exp_float32(x: NumbaValue) -> NumbaValue:
    """`2**n * exp(r)` with a whole n and `|r| <= log(2) / 2`."""
    inside = _LIMIT if x > _LIMIT else -_LIMIT if not x > -_LIMIT else x  # beyond, the result is infinite or 0
    n = np.floor(inside * _LOG2_E + _HALF)
    r = (inside - n * _LN2_HIGH) - n * _LN2_LOW
    e = _ONE + (r + r * r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * _E6)))))
    whole = np.int32(n)
    half = np.int32(whole >> 1)  # 2**n in two factors, as one alone may be too large or too small
    one = np.int32((half + 127) << 23).view(np.float32)
    other = np.int32((whole - half + 127) << 23).view(np.float32)
    return e * one * other if x == x else x


def _tanh_float32(x: NumbaValue) -> NumbaValue:
    """A quotient of polynomials, that of Eigen's `generic_fast_tanh_float`."""
    z = _SATURATED if x > _SATURATED else -_SATURATED if x < -_SATURATED else x
    s = z * z
    a = ((((((_A[0] * s + _A[1]) * s + _A[2]) * s + _A[3]) * s + _A[4]) * s + _A[5]) * s + _A[6]) * z
    b = ((_B[0] * s + _B[1]) * s + _B[2]) * s + _B[3]
    return a / b


def _exp_float64(x: NumbaValue) -> NumbaValue:
    return math.exp(x)


def _tanh_float64(x: NumbaValue) -> NumbaValue:
    return math.tanh(x)


def _sigmoid_by_tanh(x: NumbaValue) -> NumbaValue:
    return _HALF + _HALF * tanh(_HALF * x)


def _normal_probability_float32(x: NumbaValue) -> NumbaValue:
    """The quotient of polynomials that the reference computes."""
    z = _EDGE if x > _EDGE else -_EDGE if x < -_EDGE else x
    s = z * z
    p = ((((((_P[0] * s + _P[1]) * s + _P[2]) * s + _P[3]) * s + _P[4]) * s + _P[5]) * s + _P[6]) * z
    q = (((_Q[0] * s + _Q[1]) * s + _Q[2]) * s + _Q[3]) * s + _Q[4]
    return p / q + _HALF
