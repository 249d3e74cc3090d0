"""Sums of products without an array for the products: half the passes over memory of `(a * b).sum(axis)`."""

import math

import numpy as np

from minidl.config.types import Array


def sum_of_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """`(a * b).sum(axis=axes)`, for two arrays of one shape."""
    every = list(range(a.ndim))
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)  # else the order of the sum, and its rounding, were the memory's
    return np.asarray(np.einsum(a, every, b, every, [axis for axis in every if axis not in axes]))


def mean_of_product(a: Array, b: Array, axes: tuple[int, ...]) -> Array:
    """`(a * b).mean(axis=axes, keepdims=True)`, for two arrays of one shape."""
    mean = np.expand_dims(sum_of_product(a, b, axes), axes)
    mean /= math.prod(a.shape[axis] for axis in axes)
    return mean
