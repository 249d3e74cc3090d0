"""`ParameterBuffer`: one long array of values and one of gradients, of which many variables are views."""

import numpy as np

from minidl.config.types import Array, DType


class ParameterBuffer:
    """Two flat arrays, one of values and one of gradients, that many variables share. Never resized."""

    def __init__(self, size: int, dtype: DType) -> None:
        self.value: Array = np.zeros(size, dtype)
        self.grad: Array = np.zeros(size, dtype)

    def __getstate__(self) -> Array:
        return self.value  # gradients live no longer than a step

    def __setstate__(self, value: Array) -> None:
        self.value, self.grad = value, np.zeros_like(value)
