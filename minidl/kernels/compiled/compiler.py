"""`compile_loops`: functions of loops over arrays, compiled by Numba for each dtype, and kept on the disk.

LLVM uses vector instructions in a loop if the arrays are flat and contiguous, and not more than about six; if all numbers have
the arrays' dtype (`like.dtype.type(0.5)`), since a Python number or an integer turns float32 into float64; and if a division
raises nothing (`error_model="numpy"`).
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

from minidl.config.types import Array

Function = TypeVar("Function", bound=Callable[..., Any])

_dispatchers: list[Any] = []
# May sums be rounded in another order, and a product be added without being rounded? NaN and infinity stay what they are.
_ANY_ORDER = {"reassoc", "contract"}


def compile_loops(function: Function) -> Function:
    """Compile on the first call; `a * b + c` is rounded as in NumPy, twice."""
    return _compile(function, fastmath=False)


def compile_sums(function: Function) -> Function:
    """The same for functions whose sums may be rounded in any order."""
    return _compile(function, fastmath=_ANY_ORDER)


def compile_within(function: Function) -> Function:
    """Compile as a part of each compiled function that calls it, which takes less time than compiling it alone as well."""
    return _compile(function, inline="always")


def _compile(function: Function, **options: Any) -> Function:
    options["no_cfunc_wrapper"] = True  # nothing in C calls it; Numba's annotations lack this option
    dispatcher = njit(nogil=True, error_model="numpy", cache=True, **options)(function)
    _dispatchers.append(dispatcher)
    return cast(Function, dispatcher)


def compilations() -> tuple[dict[object, float], str]:
    """Seconds of each finished compilation in this process, without those read from the disk, and the folder of the results.

    Numba does not measure a compilation for which another thread waits; it counts as 0 seconds.
    """
    seconds: dict[object, float] = {}
    for dispatcher in _dispatchers:
        for signature in list(dispatcher.stats.cache_misses):
            timers = dispatcher.get_metadata(signature).get("timers") if signature in dispatcher.overloads else None
            if timers is not None:  # otherwise a thread is compiling it now
                seconds[dispatcher, signature] = timers.get("compiler_lock", 0.0)
    return seconds, os.path.dirname(_dispatchers[0].stats.cache_path) if _dispatchers else ""


def are_plain(*arrays: Array) -> bool:
    """Whether the arrays are contiguous, writable, and of one dtype, float32 or float64, as compiled functions expect."""
    dtype = arrays[0].dtype
    for array in arrays:  # a generator would take twice as long
        if array.dtype != dtype or not array.flags.carray:
            return False
    return dtype.char in "fd"
