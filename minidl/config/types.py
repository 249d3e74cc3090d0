"""The few type names that the whole house shares."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int | None, ...]  # None stands for a size that is not known yet
DType: TypeAlias = np.dtype[Any]
