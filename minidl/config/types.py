"""Type names shared by all packages."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int | None, ...]  # None where a size is not known yet
Sizes: TypeAlias = int | Sequence[int]  # one size for all axes, or one for each
DType: TypeAlias = np.dtype[Any]
Config: TypeAlias = Mapping[str, Any]  # constructor arguments by name
