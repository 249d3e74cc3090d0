"""Two vectors combined in one pass over memory, by the BLAS that NumPy brought along; in two where that is another one.

BLAS writes wherever a pointer leads, and believes what it is told of lengths and types. So all that goes there is checked.
"""

import ctypes
import functools
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.threads import blas_libraries

_LETTERS = {"f": ("s", ctypes.c_float), "d": ("d", ctypes.c_double)}


def combine(a: float, x: Array, b: float, y: Array) -> None:
    """`y = a * x + b * y`, in place, for two arrays of one shape."""
    alike = type(x) is type(y) is np.ndarray and x.dtype is y.dtype and x.shape == y.shape
    plain = alike and y.dtype.isnative and y.flags.carray and x.flags.c_contiguous and x.flags.aligned
    routine = _axpby(y.dtype.char) if plain else None
    if routine is None:
        y *= b
        y += a * x
    else:
        routine(y.size, a, x.ctypes.data, 1, b, y.ctypes.data, 1)


@functools.cache
def _axpby(kind: str) -> Any:
    """The routine for this type in the OpenBLAS of NumPy's and SciPy's wheels, which count in 64 bits; `None` without one."""
    letter, number = _LETTERS.get(kind, ("", None))
    for library in blas_libraries() if letter else ():
        routine = getattr(ctypes.CDLL(library.filepath), f"scipy_cblas_{letter}axpby64_", None)
        if routine is not None:
            count, place = ctypes.c_int64, ctypes.c_void_p
            routine.argtypes, routine.restype = [count, number, place, count, number, place, count], None
            return routine
    return None
