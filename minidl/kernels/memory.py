"""Memory for large arrays that is used again as soon as nothing refers to it.

Large arrays that are freed at the end of a training step go back to the operating system, and the next step gets new pages,
each of which costs up to 3 microseconds: a quarter of the time of a step with large batches. Inside `run_reusing` the memory is
kept instead. An array is never overwritten while anything refers to it or to a view of it: what a user, a callback or a cache
holds stays as it is.
"""

import math
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from minidl.config.types import Array, DType

Result = TypeVar("Result")

_LEAST = 1 << 17  # bytes; smaller arrays stay with the process anyway
_MOST_BUFFERS = 64

_here = threading.local()  # in each thread: `buffers`, the memory in and out of use, or nothing outside `run_reusing`


def empty(shape: Sequence[int], dtype: DType) -> Array:
    """`np.empty(shape, dtype)`, in memory that is used again inside `run_reusing`."""
    size = math.prod(shape) * dtype.itemsize
    buffers: list[Array] | None = None if size < _LEAST else getattr(_here, "buffers", None)
    if buffers is None:
        return np.empty(shape, dtype)
    _here.buffers = None  # a finalizer that runs meanwhile gets memory of its own
    try:
        return _unused(buffers, size)[:size].view(dtype).reshape(shape)  # refers to the buffer until its last view is gone
    finally:
        _here.buffers = buffers


def _unused(buffers: list[Array], size: int) -> Array:
    """The smallest buffer of at least that many bytes, and at most twice as many, that nothing refers to; or a new one."""
    free = [n for n in range(len(buffers)) if size <= buffers[n].nbytes <= 2 * size and sys.getrefcount(buffers[n]) == _UNUSED]
    if free:
        return buffers[min(free, key=lambda n: buffers[n].nbytes)]
    if len(buffers) == _MOST_BUFFERS:
        buffers[:] = [buffers[n] for n in range(len(buffers)) if sys.getrefcount(buffers[n]) > _UNUSED]
    step = 1 << (size.bit_length() - 3)  # rounded up by at most a quarter, for other arrays of about this size
    buffers.append(np.empty(-(-size // step) * step, np.uint8))
    return buffers[-1]


def empty_like(array: Array, shape: Sequence[int] | None = None) -> Array:
    """`np.empty_like(array, shape=shape)`: with the axes in the same order in memory."""
    shape = array.shape if shape is None else shape
    if array.flags.c_contiguous:
        return empty(shape, array.dtype)
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return empty([shape[axis] for axis in axes], array.dtype).transpose(np.argsort(axes))


def run_reusing(work: Callable[[], Result]) -> Result:
    """`work()`, in which `empty` of this thread uses memory again; afterwards none is kept."""
    if not _COUNTS_REFERENCES or getattr(_here, "buffers", None) is not None:
        return work()
    _here.buffers = []
    try:
        return work()
    finally:
        _here.buffers = None


def _count_of_unused() -> int:
    """What `getrefcount` returns for an element of a list that nothing else refers to."""
    held = [np.empty(1)]
    return sys.getrefcount(held[0])


# Without a global lock, or in other Pythons, the number of references is not exact.
_COUNTS_REFERENCES = sys.implementation.name == "cpython" and getattr(sys, "_is_gil_enabled", lambda: True)()
_UNUSED = _count_of_unused()
