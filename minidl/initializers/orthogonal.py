"""`Orthogonal`: random orthogonal matrices, which preserve the norm of their input."""

import math

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, DType, Generator
from minidl.initializers.random import RandomInitializer


class Orthogonal(RandomInitializer):
    """Draws a matrix with orthonormal columns, or rows if it has more columns than rows, uniformly (Haar measure).

    `w.T @ w = gain ** 2 * I`.

    Args:
        gain: factor on the matrix.
        seed: an integer for the same values at every call.
    Shapes:
        (..., columns): all axes but the last are flattened to rows.
    Raises:
        ValueError: the shape has fewer than two axes.
    Source: Saxe et al. 2014; the signs that make it uniform: Mezzadri 2007.
    Example:
        >>> q = Orthogonal(seed=1)((3, 3), "float64")
        >>> bool(np.allclose(q @ q.T, np.eye(3)))
        True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = check_real("Orthogonal", "gain", gain)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """The factor q of `normal = q @ r`, with the signs of r's diagonal."""
        if len(shape) < 2:
            raise ValueError(f"Orthogonal initializes matrices, of at least two axes, got shape {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = generator.standard_normal((max(rows, columns), min(rows, columns)), dtype)
        q, r = np.linalg.qr(normal)
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0).astype(dtype)
        return self.gain * np.ascontiguousarray(q if rows >= columns else q.T).reshape(shape)
