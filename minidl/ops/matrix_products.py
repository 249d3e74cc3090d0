"""Linear algebra: matrix products, sums of products, inverse, determinant and systems of equations."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from minidl.autodiff import operation
from minidl.config.types import Array
from minidl.kernels import products

__all__ = ["det", "dot", "einsum", "inv", "matmul", "solve"]


@operation(lambda dy, y, x1, x2: _matmul_left(dy, x1, x2), lambda dy, y, x1, x2: _matmul_right(dy, x1, x2), numpy=np.matmul)
def matmul(x1: Array, x2: Array) -> Array:
    """`y = x1 @ x2`: the product of matrices, or of stacks of them.

    Example:
        >>> matmul([[1, 2], [3, 4]], [[1], [1]])
        array([[3],
               [7]])
    """
    if np.ndim(x2) == 2 <= np.ndim(x1):
        return _stack_matmul(np.asarray(x1), np.asarray(x2))
    y: Array = np.matmul(x1, x2)
    return y


def _stack_matmul(x1: Array, x2: Array) -> Array:
    """Every matrix of the stack x1 times the matrix x2, as one product."""
    return products.matmul(x1.reshape(math.prod(x1.shape[:-1]), x1.shape[-1]), x2).reshape(*x1.shape[:-1], x2.shape[-1])


def _matmul_left(dy: Array, x1: Array, x2: Array) -> Array:
    """`dx1 = dy @ x2.T`."""
    if x2.ndim == 1:
        return dy[..., np.newaxis] * x2 if x1.ndim > 1 else dy * x2
    if x1.ndim == 1:
        return (dy[..., np.newaxis, :] @ x2.swapaxes(-1, -2))[..., 0, :]
    return _stack_matmul(dy, x2.T) if x2.ndim == 2 else dy @ x2.swapaxes(-1, -2)


def _matmul_right(dy: Array, x1: Array, x2: Array) -> Array:
    """`dx2 = x1.T @ dy`; in one product if x2 is a single matrix for a stack."""
    if x1.ndim == 1:
        return dy * x1 if x2.ndim == 1 else x1[:, np.newaxis] * dy[..., np.newaxis, :]
    if x2.ndim == 1:
        return x1.reshape(-1, x1.shape[-1]).T @ dy.reshape(-1)
    if x2.ndim == 2:
        return products.matmul(x1.reshape(-1, x1.shape[-1]).T, dy.reshape(-1, dy.shape[-1]))
    return x1.swapaxes(-1, -2) @ dy


@operation(lambda dy, y, x1, x2: _dot_left(dy, x1, x2), lambda dy, y, x1, x2: _dot_right(dy, x1, x2))
def dot(x1: Array, x2: Array) -> Array:
    """NumPy's dot: sums over the last axis of x1 and the second to last of x2 (or its only one).

    `y[i, j] = sum over k of x1[i, k] * x2[k, j]`.

    Example:
        >>> int(dot([1, 2], [3, 4]))
        11
    """
    return np.multiply(x1, x2) if 0 in (np.ndim(x1), np.ndim(x2)) else np.dot(x1, x2)


def _dot_left(dy: Array, x1: Array, x2: Array) -> Array:
    if np.ndim(x1) == 0 or np.ndim(x2) == 0:
        return dy * x2
    axis = max(x2.ndim - 2, 0)
    others = [n for n in range(x2.ndim) if n != axis]
    return np.tensordot(dy, x2, (list(range(x1.ndim - 1, dy.ndim)), others))


def _dot_right(dy: Array, x1: Array, x2: Array) -> Array:
    if np.ndim(x1) == 0 or np.ndim(x2) == 0:
        return dy * x1
    axis = max(x2.ndim - 2, 0)
    leading = list(range(x1.ndim - 1))
    return np.moveaxis(np.tensordot(x1, dy, (leading, leading)), 0, axis)


@operation(
    lambda dy, y, *operands, subscripts: [_einsum_backward(dy, operands, subscripts, n) for n in range(len(operands))],
    several=True,
)
def einsum_(operands: list[Array], subscripts: str) -> Array:
    """The einsum, with explicit output subscripts."""
    y: Array = np.einsum(subscripts, *operands, optimize=True)
    return y


def _einsum_backward(dy: Array, operands: tuple[Array, ...], subscripts: str, number: int) -> Array:
    """The gradient of one operand: dy times the others, summed to its subscripts and broadcast along those only it has."""
    inputs, output = subscripts.split("->")
    letters = inputs.split(",")
    others = [(operand, part) for n, (operand, part) in enumerate(zip(operands, letters, strict=True)) if n != number]
    known = "".join(letter for letter in letters[number] if letter in output or any(letter in part for _, part in others))
    product = np.einsum(
        ",".join([output, *(part for _, part in others)]) + "->" + known, dy, *(operand for operand, _ in others), optimize=True
    )
    alone = tuple(place for place, letter in enumerate(letters[number]) if letter not in known)
    return np.broadcast_to(np.expand_dims(product, alone), operands[number].shape)


def einsum(subscripts: str, *operands: object) -> Array:
    """Einstein summation, such as `einsum("bij,bjk->bik", x1, x2)`.

    Raises:
        ValueError: the subscripts have an ellipsis, or one operand repeats a letter.
    Example:
        >>> einsum("ij,j->i", [[1, 2], [3, 4]], [1, 10])
        array([21, 43])
    """
    subscripts = subscripts.replace(" ", "")
    if "." in subscripts:
        raise ValueError(f"einsum expects letters without an ellipsis, such as 'ij,jk->ik', got {subscripts!r}")
    if any(len(set(part)) != len(part) for part in subscripts.split("->")[0].split(",")):
        raise ValueError(f"einsum expects each letter once in an operand, got {subscripts!r}")
    if "->" not in subscripts:  # the subscripts that occur once, in alphabetical order, as in NumPy
        counts = Counter(subscripts.replace(",", ""))
        subscripts += "->" + "".join(sorted(letter for letter, count in counts.items() if count == 1))
    return einsum_(list(operands), subscripts=subscripts)


@operation(lambda dy, y, x: -y.swapaxes(-1, -2) @ dy @ y.swapaxes(-1, -2), numpy=np.linalg.inv)
def inv(x: Array) -> Array:
    """Inverse of a matrix, or of each in a stack: `x @ y = I`.

    Example:
        >>> inv([[2.0, 1.0], [1.0, 1.0]]).round(2)
        array([[ 1., -1.],
               [-1.,  2.]], dtype=float32)
    """
    return np.linalg.inv(x)


@operation(lambda dy, y, x: (dy * y)[..., np.newaxis, np.newaxis] * np.linalg.inv(x).swapaxes(-1, -2), numpy=np.linalg.det)
def det(x: Array) -> Array:
    """Determinant of a matrix, or of each in a stack.

    Example:
        >>> float(det([[2.0, 0.0], [0.0, 4.0]]).round(2))
        8.0
    """
    y: Array = np.linalg.det(x)
    return y


@operation(
    lambda dy, y, a, b: (
        -_solve_transposed(a, dy) @ y.swapaxes(-1, -2) if y.ndim > 1 else -np.outer(_solve_transposed(a, dy), y)
    ),
    lambda dy, y, a, b: _solve_transposed(a, dy),
    numpy=np.linalg.solve,
)
def solve(a: Array, b: Array) -> Array:
    """The matrix x with `a @ x = b`.

    Example:
        >>> solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]).round(2)
        array([[1. ],
               [0.5]], dtype=float32)
    """
    return np.linalg.solve(a, b)


def _solve_transposed(a: Array, dy: Array) -> Array:
    return np.linalg.solve(a.swapaxes(-1, -2), dy)
