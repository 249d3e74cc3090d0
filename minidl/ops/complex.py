"""Complex numbers and bits: parts, angles, other views of the same memory. Complex results have no gradient."""

from typing import Any

import numpy as np

from minidl.autodiff import operation

__all__ = ["allclose", "angle", "conj", "conjugate", "imag", "isclose", "isreal", "polar", "real", "saturate_cast", "view"]
__all__ += ["view_as_complex", "view_as_real"]


@operation(numpy=np.real)
def real(x: Any) -> Any:
    """Real part; real numbers themselves."""
    return np.real(x)


real.register_backward(lambda dy, y, x: dy)


@operation(differentiable=False, numpy=np.imag)
def imag(x: Any) -> Any:
    """Imaginary part; 0 for real numbers."""
    return np.imag(x)


@operation(numpy=np.conjugate)
def conjugate(x: Any) -> Any:
    """The complex conjugate; real numbers themselves."""
    return np.conjugate(x)


conjugate.register_backward(lambda dy, y, x: dy)
conj = conjugate


@operation(differentiable=False, numpy=np.angle)
def angle(x: Any) -> Any:
    """The angle of a complex number in radians; 0 or pi for real numbers."""
    return np.angle(x)


@operation(differentiable=False, numpy=np.isreal)
def isreal(x: Any) -> Any:
    """True where the imaginary part is 0."""
    return np.isreal(x)


@operation(tensors=2, differentiable=False)
def polar(abs_: Any, angle: Any) -> Any:
    """The complex number of that absolute value and angle."""
    z = abs_ * np.exp(1j * np.asarray(angle))
    return z.astype(np.complex64) if np.asarray(abs_).dtype == np.float32 else z


@operation(differentiable=False)
def view_as_complex(x: Any) -> Any:
    """Complex numbers from pairs (real part, imaginary part) along the last axis."""
    return x[..., 0] + 1j * x[..., 1]


@operation(differentiable=False)
def view_as_real(x: Any) -> Any:
    """Pairs (real part, imaginary part) along a new last axis."""
    return np.stack([np.real(x), np.imag(x)], axis=-1)


@operation(differentiable=False)
def view(x: Any, dtype: Any = None) -> Any:
    """The same bytes as another type."""
    return np.ascontiguousarray(x).view(dtype)


@operation(differentiable=False)
def saturate_cast(x: Any, dtype: Any) -> Any:
    """Convert to another type; numbers beyond its range become its limits. Its gradient is 0."""
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        low, high = np.float64(limits.min), np.float64(limits.max)
        clipped = np.clip(np.nan_to_num(x) if np.asarray(x).dtype.kind == "f" else x, low, high)
        return np.where(clipped >= high, limits.max, clipped).astype(kind)
    return np.asarray(x).astype(kind)


@operation(tensors=2, differentiable=False, numpy=np.isclose)
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """True where `abs(x1 - x2) <= atol + rtol * abs(x2)`."""
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@operation(tensors=2, differentiable=False, numpy=np.allclose)
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close, as `isclose` defines it."""
    return np.asarray(np.allclose(x1, x2, rtol, atol, equal_nan))
