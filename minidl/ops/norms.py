"""Norms of vectors and matrices."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor
from minidl.config.types import Array, Axis, Tensors
from minidl.ops.decompositions import svd
from minidl.ops.math import abs as absolute
from minidl.ops.math import sqrt, square
from minidl.ops.reductions import max as largest
from minidl.ops.reductions import min as smallest
from minidl.ops.reductions import sum as total
from minidl.ops.shapes import expand_dims, moveaxis, ndim

__all__ = ["norm"]


@composed(numpy=np.linalg.norm)
def norm(x: Array, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Tensors:
    """Norm of vectors (one axis) or matrices (two axes); of all elements if neither `ord` nor `axis` is given.

    That of vectors is `sum(|x| ** ord) ** (1 / ord)`, by default `norm = sqrt(sum(x ** 2))`.

    Example:
        >>> float(norm([3.0, 4.0]))
        5.0
    """
    if axis is None and ord is None:
        return sqrt(total(square(x), None, keepdims))
    axes = list(normalize_axis_tuple(range(ndim(x)) if axis is None else axis, ndim(x)))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(f"norm expects one axis or two, got {axis!r}")
    y = _matrix_norm(moveaxis(x, axes, (-2, -1)), "fro" if ord is None else ord)
    return expand_dims(y, tuple(sorted(axes))) if keepdims else y


def _vector_norm(x: Array, ord: float | str | None, axis: int, keepdims: bool) -> Array:
    """`sum(|x| ** ord) ** (1 / ord)`, and its limits."""
    if ord is None or ord == 2:
        return sqrt(total(square(x), axis, keepdims))
    if ord in (np.inf, -np.inf):
        return (largest if ord > 0 else smallest)(absolute(x), axis, keepdims)
    if ord == 0:
        return total((x != 0) * 1.0, axis, keepdims)
    if ord == 1:
        return total(absolute(x), axis, keepdims)
    if isinstance(ord, str):
        raise ValueError(f"norm of vectors expects a number as ord, got {ord!r}")
    return total(absolute(x) ** ord, axis, keepdims) ** (1.0 / ord)


def _matrix_norm(x: Array | Tensor, ord: float | str) -> Array:
    """Norm of the matrices in the last two axes: of all elements, of columns, of rows, or of singular values."""
    if ord == "fro":
        return sqrt(total(square(x), (-2, -1)))
    if ord == "nuc":
        return total(svd(x, False, False), -1)
    if ord in (2, -2):
        return (largest if ord > 0 else smallest)(svd(x, False, False), -1)
    if ord in (1, -1, np.inf, -np.inf):
        sums = total(absolute(x), -2 if abs(ord) == 1 else -1)
        return (largest if ord > 0 else smallest)(sums, -1)
    raise ValueError(f"norm of matrices expects ord to be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf, got {ord!r}")
