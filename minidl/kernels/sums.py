"""Sums by way of products, which NumPy adds up faster than it does with `sum`."""

import math

import numpy as np

from minidl.config.types import Array


def column_sums(rows: Array) -> Array:
    """`rows.sum(axis=0)` of (rows, columns), as a product with ones: a third of the time."""
    sums: Array = np.ones(len(rows), rows.dtype) @ rows
    return sums


def sum_of_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """`(a * b).sum(axis=axes)`, for two arrays of one shape, without an array for the products."""
    every = list(range(a.ndim))
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)  # else the order of the sum, and its rounding, were the memory's
    return np.asarray(np.einsum(a, every, b, every, [axis for axis in every if axis not in axes]))


def mean_of_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """`(a * b).mean(axis=axes, keepdims=True)`, for two arrays of one shape."""
    mean = np.expand_dims(sum_of_product(a, b, axes), axes)
    mean /= math.prod(a.shape[axis] for axis in axes)
    return mean
