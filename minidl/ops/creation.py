"""Create tensors: zeros, ones, full, arange and eye."""

from typing import Any

import numpy as np

from minidl.autodiff import operation
from minidl.config.settings import floatx


@operation(tensors=0, differentiable=False)
def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros."""
    return np.zeros(shape, dtype or floatx())


@operation(tensors=0, differentiable=False)
def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones."""
    return np.ones(shape, dtype or floatx())


@operation(tensors=0, differentiable=False)
def full(shape: Any, fill_value: float, dtype: Any = None) -> Any:
    """A tensor filled with one value."""
    return np.full(shape, fill_value, dtype or floatx())


@operation(tensors=0, differentiable=False)
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Values from `start` up to, but excluding, `stop`; from 0 up to `start` if `stop` is not given."""
    made: Any = np.arange  # its overloads do not know what Any is
    return made(start, stop, 1 if step is None else step, dtype)


@operation(tensors=0, differentiable=False)
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803  # Keras's names
    """Ones on a diagonal, zeros elsewhere."""
    return np.eye(N, M, k, dtype or floatx())
