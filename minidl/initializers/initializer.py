"""`Initializer`: base class of all initializers, which are functions from a shape to an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.configurable import Configurable
from minidl.config.settings import floatx
from minidl.config.types import Array, DType, DTypeLike, Sizes


class Initializer(Configurable):
    """Base class of all initializers; they return the initial value of a weight.

    Example:
        >>> class Countdown(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return np.arange(np.prod(shape), dtype=dtype)[::-1].reshape(shape)
        >>> Countdown()((3,), "float32")
        array([2., 1., 0.], dtype=float32)
    """

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        """An array of that shape; its dtype is `floatx()` by default."""
        raise TypeError(f"{type(self).__name__} defines no __call__(shape, dtype); it returns an array of that shape")

    def resolve(self, shape: Sizes, dtype: DTypeLike) -> tuple[tuple[int, ...], DType]:
        """Shape and dtype in NumPy's form; raises ValueError unless all sizes are integers of at least 0."""
        sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
        if not all(is_integer(size, least=0) for size in sizes):
            raise ValueError(
                f"{type(self).__name__} expects a shape of whole numbers, got {shape!r}; "
                f"a size that is not known yet cannot be the size of a weight"
            )
        return tuple(int(size) for size in sizes), np.dtype(dtype or floatx())
