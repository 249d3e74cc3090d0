"""Products of tensors beyond `matmul`: inner, outer, cross, Kronecker; diagonals and distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.checks import is_integer
from minidl.config.types import Array
from minidl.ops.arithmetic import where
from minidl.ops.elements import diagonal
from minidl.ops.math import sqrt, square
from minidl.ops.matrix_products import matmul
from minidl.ops.reductions import sum as total
from minidl.ops.repetition import pad
from minidl.ops.shapes import expand_dims, moveaxis, ndim, ravel, reshape, shape, stack, transpose

__all__ = ["cdist", "cross", "diag", "diagflat", "inner", "kron", "outer", "tensordot", "trace", "vdot"]


@composed(tensors=2, numpy=np.tensordot)
def tensordot(x1: Array, x2: Array, axes: Any = 2) -> Array:
    """Sum of products over axes: a number of them (the last of x1 with the first of x2), or a pair of lists.

    With one axis, `y[i, j] = sum over k of x1[i, k] * x2[k, j]`.

    Example:
        >>> tensordot(np.ones((2, 3)), np.ones((3, 4)), axes=1).shape
        (2, 4)
    """
    rank, other_rank = ndim(x1), ndim(x2)
    if is_integer(axes):
        if not 0 <= axes <= min(rank, other_rank):
            raise ValueError(
                f"tensordot expects axes from 0 to {min(rank, other_rank)} for arrays of {rank} and {other_rank} axes"
            )
        axes = (list(range(rank - axes, rank)), list(range(axes)))
    summed, other_summed = ([axis] if is_integer(axis) else list(axis) for axis in axes)
    summed, other_summed = [axis % rank for axis in summed], [axis % other_rank for axis in other_summed]
    kept = [axis for axis in range(rank) if axis not in summed]
    other_kept = [axis for axis in range(other_rank) if axis not in other_summed]
    sizes, other_sizes = shape(x1), shape(x2)
    inner_size = int(np.prod([sizes[axis] for axis in summed], dtype=int))
    left = reshape(transpose(x1, kept + summed), (-1, inner_size))
    right = reshape(transpose(x2, other_summed + other_kept), (inner_size, -1))
    return reshape(matmul(left, right), [*(sizes[axis] for axis in kept), *(other_sizes[axis] for axis in other_kept)])


@composed(tensors=2, numpy=np.inner)
def inner(x1: Array, x2: Array) -> Array:
    """Sum of products over the last axes of both: `y = sum over k of x1[k] * x2[k]`.

    Example:
        >>> inner([[1, 2], [3, 4]], [1, 1])
        array([3, 7])
    """
    return tensordot(x1, x2, ([ndim(x1) - 1], [ndim(x2) - 1])) if ndim(x1) and ndim(x2) else x1 * x2


@composed(tensors=2, numpy=np.vdot)
def vdot(x1: TensorLike, x2: TensorLike) -> Array:
    """Sum of the products of all elements: `y = sum over i of x1[i] * x2[i]`.

    Example:
        >>> int(vdot([1, 2], [3, 4]))
        11
    """
    return total(ravel(x1) * ravel(x2))


@composed(tensors=2, numpy=np.outer)
def outer(x1: TensorLike, x2: TensorLike) -> Array:
    """Products of every element of x1 with every element of x2: a matrix, `y[i, j] = x1[i] * x2[j]`.

    Example:
        >>> outer([1, 2], [3, 4])
        array([[3, 4],
               [6, 8]])
    """
    return expand_dims(ravel(x1), 1) * expand_dims(ravel(x2), 0)


@composed(tensors=2, numpy=np.kron)
def kron(x1: TensorLike, x2: TensorLike) -> Array:
    """Kronecker product: x2 scaled by every element of x1, `y[i * m + k, j * n + l] = x1[i, j] * x2[k, l]`.

    Example:
        >>> kron([1, 10], [1, 2])
        array([ 1,  2, 10, 20])
    """
    rank = max(ndim(x1), ndim(x2))
    sizes, others = ((1,) * (rank - ndim(x)) + tuple(shape(x)) for x in (x1, x2))
    left = reshape(x1, [size for pair in zip(sizes, (1,) * rank, strict=True) for size in pair])
    right = reshape(x2, [size for pair in zip((1,) * rank, others, strict=True) for size in pair])
    return reshape(left * right, [a * b for a, b in zip(sizes, others, strict=True)])


@composed(tensors=2, numpy=np.cross)
def cross(x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """Cross product of vectors of 3 elements; of 2 elements with the third 0.

    `y = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]`.

    Example:
        >>> cross([1, 0, 0], [0, 1, 0])
        array([0, 0, 1])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1)
    if not {shape(a)[-1], shape(b)[-1]} <= {2, 3}:
        raise ValueError(f"cross expects vectors of 2 or 3 elements, got {shape(a)[-1]} and {shape(b)[-1]}")
    flat = shape(a)[-1] == shape(b)[-1] == 2
    (a0, a1, a2), (b0, b1, b2) = (_three(a), _three(b))
    third = a0 * b1 - a1 * b0
    return third if flat else moveaxis(stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, third], -1), -1, axisc)


def _three(x: Array | Tensor) -> list[Array]:
    """The three elements of vectors along the last axis."""
    return [x[..., n] if n < shape(x)[-1] else 0 * x[..., 0] for n in range(3)]


@composed(numpy=np.trace)
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Sum along a diagonal: `y = sum over i of x[i, i]`.

    Example:
        >>> int(trace([[1, 2], [3, 4]]))
        5
    """
    return total(diagonal(x, offset, axis1, axis2), axis=-1)


@composed(numpy=np.diag)
def diag(x: Array, k: int = 0) -> Array:
    """The diagonal `k` of a matrix, or a matrix with the vector x on that diagonal.

    Example:
        >>> diag([1, 2])
        array([[1, 0],
               [0, 2]])
        >>> diag([[1, 2], [3, 4]])
        array([1, 4])
    """
    if ndim(x) == 2:
        return diagonal(x, k)
    padded = pad(x, ((max(k, 0), max(-k, 0)),))
    y: Array = expand_dims(padded, 0) * np.eye(shape(padded)[0], k=k, dtype=np.dtype(x.dtype))
    return y


@composed(numpy=np.diagflat)
def diagflat(x: TensorLike, k: int = 0) -> Array:
    """A matrix with the flattened tensor on the diagonal `k`.

    Example:
        >>> diagflat([[1], [2]])
        array([[1, 0],
               [0, 2]])
    """
    return diag(ravel(x), k)


@composed(tensors=2)
def cdist(x: TensorLike, y: TensorLike) -> Array:
    """Euclidean distance of every row of x from every row of y.

    `d[i, j] = sqrt(sum over k of (x[i, k] - y[j, k]) ** 2)`.

    Example:
        >>> cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]])
        array([[5., 1.]], dtype=float32)
    """
    squares = total(square(expand_dims(x, -2) - expand_dims(y, -3)), axis=-1)
    positive = squares > 0
    return where(positive, sqrt(where(positive, squares, 1)), 0)
