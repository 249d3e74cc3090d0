"""`Zeros`, `Ones`, `Constant` and `Identity`: initializers without randomness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, DTypeLike
from minidl.initializers.initializer import Initializer


class Zeros(Initializer):
    """Fills with 0: `w = 0`.

    Example:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        return np.zeros(*self.resolve(shape, dtype))


class Ones(Initializer):
    """Fills with 1: `w = 1`.

    Example:
        >>> Ones()((2,))
        array([1., 1.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        return np.ones(*self.resolve(shape, dtype))


class Constant(Initializer):
    """Fills with a number, or with an array that is broadcast to the weight's shape: `w = value`.

    Args:
        value: a number or an array.
    Raises:
        ValueError: `value` is not numeric, or cannot be broadcast to the weight's shape.
    Example:
        >>> Constant(0.5)((2,))
        array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: object = 0.0) -> None:
        if np.asarray(value).dtype.kind not in "biuf":
            raise ValueError(f"Constant expects value to be a number or an array of numbers, got {value!r}")
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        shape, dtype = self.resolve(shape, dtype)
        value = np.asarray(self.value, dtype)
        if value.ndim > len(shape) or any(a not in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False)):
            raise ValueError(f"Constant holds an array of shape {value.shape} and cannot fill a weight of shape {shape}")
        return np.full(shape, value, dtype)


class Identity(Initializer):
    """Identity matrix times `gain`: `w = gain * I`.

    Args:
        gain: value on the diagonal.
    Raises:
        ValueError: the shape does not have two axes.
    Example:
        >>> Identity()((2, 3))
        array([[1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = check_real("Identity", "gain", gain)

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        shape, dtype = self.resolve(shape, dtype)
        if len(shape) != 2:
            raise ValueError(f"Identity initializes matrices, of two axes, got shape {shape}")
        return np.asarray(self.gain * np.eye(*shape, dtype=dtype), dtype)
