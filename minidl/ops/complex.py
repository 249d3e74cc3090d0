"""Complex numbers and bits: parts, angles, other views of the same memory. Complex results have no gradient."""

import functools

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array, DTypeLike, Tensors
from minidl.ops.math import unary

__all__ = ["allclose", "angle", "conj", "conjugate", "imag", "isclose", "isreal", "polar", "real", "saturate_cast", "view"]
__all__ += ["view_as_complex", "view_as_real"]

_unary = functools.partial(unary, module=__name__)

real = _unary(np.real, lambda dy, y, x: dy, "Real part; real numbers themselves.", "real([3 + 4j]) -> [3.]")
imag = _unary(np.imag, None, "Imaginary part; 0 for real numbers.", "imag([3 + 4j]) -> [4.]")
conj = conjugate = _unary(
    np.conjugate,
    lambda dy, y, x: dy,
    "The complex conjugate; real numbers themselves.",
    "conjugate([3 + 4j]) -> [3.-4.j]",
)
angle = _unary(
    np.angle,
    None,
    "The angle of a complex number in radians, `arctan2(imag(x), real(x))`; 0 or pi for real numbers.",
    "angle([1j]).round(2) -> [1.57]",
)
isreal = _unary(np.isreal, None, "True where the imaginary part is 0.", "isreal([3 + 4j, 3]) -> [False  True]")


@operation(tensors=2)
def polar(abs_: Array, angle: Array) -> Array:
    """The complex number of absolute value r and that angle: `y = r * (cos(angle) + i * sin(angle))`.

    Example:
        >>> polar([2.0], [0.0])
        array([2.+0.j], dtype=complex64)
    """
    z = abs_ * np.exp(1j * np.asarray(angle))
    return z.astype(np.complex64) if np.asarray(abs_).dtype == np.float32 else z


@operation()
def view_as_complex(x: Array) -> Array:
    """Complex numbers from pairs (real part, imaginary part) along the last axis.

    Example:
        >>> view_as_complex(np.array([[3.0, 4.0]]))
        array([3.+4.j])
    """
    return x[..., 0] + 1j * x[..., 1]


@operation()
def view_as_real(x: Array) -> Array:
    """Pairs (real part, imaginary part) along a new last axis.

    Example:
        >>> view_as_real(np.array([3 + 4j]))
        array([[3., 4.]], dtype=float32)
    """
    return np.stack([np.real(x), np.imag(x)], axis=-1)


@operation()
def view(x: Tensors, dtype: DTypeLike = None) -> Tensors:
    """The same bytes as another type.

    Example:
        >>> view(np.array([1.0], "float32"), "int32")
        array([1065353216], dtype=int32)
    """
    return np.ascontiguousarray(x).view(dtype)


@operation()
def saturate_cast(x: Array, dtype: str) -> Array:
    """Convert to another type; numbers beyond its range become its limits. Its gradient is 0.

    Example:
        >>> saturate_cast([-3.0, 300.0], "uint8")
        array([  0, 255], dtype=uint8)
    """
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        low, high = np.float64(limits.min), np.float64(limits.max)
        clipped = np.clip(np.nan_to_num(x) if np.asarray(x).dtype.kind == "f" else x, low, high)
        return np.where(clipped >= high, limits.max, clipped).astype(kind)
    return np.asarray(x).astype(kind)


@operation(tensors=2, numpy=np.isclose)
def isclose(x1: Array, x2: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """True where `abs(x1 - x2) <= atol + rtol * abs(x2)`.

    Example:
        >>> isclose([1.0, 2.0], [1.0, 2.1])
        array([ True, False])
    """
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@operation(tensors=2, numpy=np.allclose)
def allclose(x1: Array, x2: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """Whether all elements are close, as `isclose` defines it.

    Example:
        >>> bool(allclose([1.0, 2.0], [1.0, 2.1]))
        False
    """
    return np.asarray(np.allclose(x1, x2, rtol, atol, equal_nan))
