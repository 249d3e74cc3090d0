"""Type names shared by all packages."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator as Generator
    from numpy.typing import ArrayLike as ArrayLike
else:  # a first prediction does not wait for the import of these modules of NumPy, which it does not need
    ArrayLike: TypeAlias = Any
    Generator: TypeAlias = Any

Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Shape: TypeAlias = tuple[int | None, ...]  # None where a size is not known yet
Sizes: TypeAlias = int | Sequence[int]  # one size for all axes, or one for each
DType: TypeAlias = np.dtype[Any]
Config: TypeAlias = Mapping[str, Any]  # constructor arguments by name
