"""Matrix products on as many threads as gain from their size, by a rule that gives equal sizes equal bits.

BLAS's own threads use the CPU while they wait: on a busy machine each product then waits for the scheduler. So BLAS uses one
thread, and a large product is split over threads that sleep while they wait. Measured on two cores (Zen 4): from 8 million
multiplications, 0.2 ms, that takes as long as two threads of BLAS; below, one thread does.
"""

import functools

import numpy as np

from minidl.config.types import Array
from minidl.kernels.blas_threads import blas_libraries, has_one_blas_thread, here, run_with_blas_threads
from minidl.kernels.few_rows import multiply
from minidl.kernels.memory import empty
from minidl.kernels.threads import head_start, in_parallel, threads

_TINY = 1 << 20  # multiplications up to which BLAS itself uses one thread
_LEAST_PART = 1 << 22  # multiplications of a part, at least
_LEAST_ROWS = 16  # rows or columns of a part, at least


def matmul(a: Array, b: Array, out: Array | None = None) -> Array:
    """`a @ b` of two matrices, written to `out` or to a new array: (rows, inner) @ (inner, columns) -> (rows, columns)."""
    if a.size * b.shape[-1] <= _TINY:
        return a.dot(b, out)  # calling it takes a third of the time of calling np.matmul
    return _large_matmul(a, b, out)


def _large_matmul(a: Array, b: Array, out: Array | None) -> Array:
    """The product in parts of its longest axis, one for each thread; with a vector, the memory limits the speed.

    So a thread mostly reads what it wrote before: its rows of a batch, or its rows of a kernel, which the optimizer updates in
    parts too. What another thread wrote takes longer to read, most so if the cores share no cache. BLAS copies both operands
    first: each thread copies its part of the larger one. A BLAS that threadpoolctl cannot limit keeps its own threads.
    """
    dtype = a.dtype if a.dtype == b.dtype else np.result_type(a, b)
    y = empty((*a.shape[:-1], *b.shape[1:]), dtype) if out is None else out
    rows, inner, columns = a.shape[0], b.shape[0], b.shape[-1]
    work, longest, alone = a.size * columns, max(rows, inner, columns), not here.working
    parts = min(threads(), work // _LEAST_PART, longest // _LEAST_ROWS) if alone and work >= 2 * _LEAST_PART else 1
    if parts < 2 or a.ndim + b.ndim < 4 or a.shape[-1] != inner or not blas_libraries():
        return multiply(a, b, y, alone) if has_one_blas_thread() else run_with_blas_threads(1, lambda: multiply(a, b, y))

    def multiply_inner(part: slice) -> Array:
        """One term of the sum."""
        return multiply(a[:, part], b[part], y if part.start == 0 else empty(y.shape, y.dtype), alone=False)

    slices = _split(longest, parts, head_start() / work)
    if rows == longest:
        in_parallel(lambda part: multiply(a[part], b, y[part], alone=False), slices)
    elif inner == longest and (inner > columns or b.flags.c_contiguous):  # a part of `b` is one piece of memory
        for term in in_parallel(multiply_inner, slices)[1:]:
            y += term
    else:
        in_parallel(lambda part: multiply(a, b[:, part], y[:, part], alone=False), slices)
    return y


@functools.lru_cache(1024)
def _split(count: int, parts: int, lead: float) -> list[slice]:
    """Slices of equal length, the first longer by the share `lead`; they start at multiples of 8, as BLAS's inner loops do."""
    length = count * (1 - lead) / parts
    starts = [0, *(round((count - length * left) / 8) * 8 for left in range(parts - 1, 0, -1))]
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], count], strict=True)]
