"""Matrix products of many rows, a few at a time.

BLAS copies both operands of a product first, so that it reads memory in order. OpenBLAS with AVX-512 does not copy those of
small products. So most products are a tenth faster a few rows at a time, and those of a few dozen rows again and again with the
same matrix, as in loops over time, a third. Intel's processors are a third slower if the matrix does not fit their first cache.
"""

import functools
import os

import numpy as np

from minidl.config.types import Array
from minidl.kernels.blas_threads import blas_libraries

_NOT_COPIED = 1_000_000  # multiplications up to which such a kernel does not copy the operands
_MOST_BYTES = 1024  # of a row of the result: the columns that are computed at once
_MANY_ROWS = 256  # of a part; with fewer of float32, it takes longer to read what another core has written than to copy it
_INTEL_CACHE = 48 << 10  # bytes of the first cache of Intel's processors with AVX-512
_SHORT_ROW = 256  # bytes of a matrix's row up to which these read from their second cache fast enough
_AVX512 = ("SkylakeX", "Cooperlake", "SapphireRapids")  # OpenBLAS's names of processors


def multiply(a: Array, b: Array, y: Array, alone: bool = True) -> Array:
    """`y = a @ b` by one thread of BLAS: (rows, inner) @ (inner, columns) -> (rows, columns).

    Unless it is `alone`, another thread multiplies other rows or columns at the same time.
    """
    by_rows = a.strides[-1] == a.itemsize  # or by columns, as `x.T` is
    if a.ndim + b.ndim < 4 or b.strides[-1] != b.itemsize or not (by_rows or a.strides[0] == a.itemsize):
        return np.matmul(a, b, out=y)
    count, inner = a.shape
    rows, width = _size_of_pieces(count, inner, b.shape[1], a.itemsize, by_rows, alone)
    if rows == 0:
        return np.matmul(a, b, out=y)
    whole = count // rows * rows
    for start in range(0, b.shape[1], width):
        columns = slice(start, start + width)
        some, result = b[:, columns], y[:, columns]
        np.matmul(a[:whole].reshape(-1, rows, inner), some, out=result[:whole].reshape(-1, rows, some.shape[1]))  # views
        if whole < count:
            np.matmul(a[whole:], some, out=result[whole:])
    return y


@functools.lru_cache(1024)
def _size_of_pieces(count: int, inner: int, columns: int, itemsize: int, by_rows: bool, alone: bool) -> tuple[int, int]:
    """Rows and columns of the result that are computed at once; (0, 0) for all."""
    blocks = max(1, -(-columns * itemsize // _MOST_BYTES))
    width = -(-columns // (16 * blocks)) * 16
    rows = rows_at_once(inner * min(width, columns))
    rows = rows if by_rows else rows // 24 * 24
    gains = gains_from_few_rows(count, inner, columns, itemsize, by_rows, alone, has_intel_processor())
    return (rows, width) if gains and width > 0 and 0 < rows < count else (0, 0)


def gains_from_few_rows(count: int, inner: int, columns: int, itemsize: int, by_rows: bool, alone: bool, intel: bool) -> bool:
    """Whether such a product is faster a few rows at a time than whole."""
    many = count >= _MANY_ROWS
    if intel and many and itemsize == 4 and columns * itemsize > _SHORT_ROW and inner * columns * itemsize >= _INTEL_CACHE:
        return False
    return alone or itemsize == 8 or (by_rows and many)


def rows_at_once(size: int) -> int:
    """How many rows BLAS multiplies fastest by a matrix of `size` numbers, a multiple of 4; 0 for as many as there are."""
    most = _NOT_COPIED // max(1, size)
    return most // 12 * 12 or most // 4 * 4 if copies_no_small_operands() else 0


@functools.cache
def copies_no_small_operands() -> bool:
    """Whether every BLAS that is loaded at the first product is OpenBLAS on a processor with AVX-512."""
    libraries = blas_libraries()
    return bool(libraries) and all(getattr(library, "architecture", None) in _AVX512 for library in libraries)


@functools.cache
def has_intel_processor() -> bool:
    """Whether the processor is Intel's, as Linux says in a file and Windows in a variable."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read(1000)
    except OSError:
        text = os.environ.get("PROCESSOR_IDENTIFIER", "")
    return "GenuineIntel" in text
