"""`run_in_parts`: a compiled loop over long arrays, on several threads."""

from collections.abc import Callable

from minidl.config.types import Array
from minidl.kernels.threads import in_parallel_if_awake, threads

_LEAST = 1 << 17  # elements of a part, which take 30 microseconds or more


def run_in_parts(loop: Callable[..., object], arrays: tuple[Array, ...], *others: object) -> None:
    """`loop(*arrays, *others)`, which treats each element of the arrays' first axis alone: long arrays in parts."""
    parts = 1 if arrays[0].size < 2 * _LEAST else min(threads(), arrays[0].size // _LEAST, len(arrays[0]))
    if parts == 1:
        loop(*arrays, *others)
    else:
        length = -(-len(arrays[0]) // parts)
        starts = list(range(0, len(arrays[0]), length))
        in_parallel_if_awake(lambda start: loop(*(array[start : start + length] for array in arrays), *others), starts)
