"""Matrix products of many rows, a few at a time.

BLAS copies both operands of a product first, so that it reads memory in order. OpenBLAS with AVX-512 does not copy those of
small products. So products of many rows with a small matrix are a tenth faster a few rows at a time, and those of a few dozen
rows again and again with the same matrix, as in loops over time, a third.
"""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.blas_threads import blas_libraries

_NOT_COPIED = 1_000_000  # multiplications up to which such a kernel does not copy the operands
_MANY_ROWS = 256  # with fewer, it takes longer to read a matrix that another core has written than to copy it
_AVX512 = ("SkylakeX", "Cooperlake", "SapphireRapids")  # OpenBLAS's names of processors


def multiply(a: Array, b: Array, y: Array) -> Array:
    """`y = a @ b` by one thread of BLAS: (rows, inner) @ (inner, columns) -> (rows, columns)."""
    if len(a) < _MANY_ROWS or a.ndim + b.ndim < 4 or a.strides[-1] != a.itemsize or b.strides[-1] != b.itemsize:
        return np.matmul(a, b, out=y)
    rows = rows_at_once(b) or len(a)
    whole = len(a) // rows * rows
    np.matmul(a[:whole].reshape(-1, rows, a.shape[1]), b, out=y[:whole].reshape(-1, rows, b.shape[1]))  # views
    np.matmul(a[whole:], b, out=y[whole:])
    return y


def rows_at_once(b: Array) -> int:
    """How many rows BLAS multiplies fastest by this matrix, a multiple of 4; 0 for as many as there are."""
    most = _NOT_COPIED // max(1, b.size)
    return most // 12 * 12 or most // 4 * 4 if copies_no_small_operands() else 0


def copies_no_small_operands() -> bool:
    """Whether every loaded BLAS is OpenBLAS on a processor with AVX-512."""
    return all(getattr(library, "architecture", None) in _AVX512 for library in blas_libraries())
