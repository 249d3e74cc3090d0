"""`ParameterBuffer`: one long array of values and one of gradients, of which many variables are views."""

from minidl.config.types import Array, DType
from minidl.kernels.alignment import aligned_copy, aligned_zeros


class ParameterBuffer:
    """Two flat arrays, one of values and one of gradients, that many variables share. Never resized."""

    def __init__(self, size: int, dtype: DType) -> None:
        self.value, self.grad = aligned_zeros(size, dtype), aligned_zeros(size, dtype, place=1)

    def __getstate__(self) -> Array:
        return self.value  # gradients live no longer than a step

    def __setstate__(self, value: Array) -> None:
        self.value, self.grad = aligned_copy(value), aligned_zeros(value.size, value.dtype, place=1)
