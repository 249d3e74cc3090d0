"""Adam's step on one long vector: passes that write into kept memory, on all threads where the vector is long.

A pass that makes a new array of 400 kB has the system find fresh pages for it, which takes longer than the arithmetic.
"""

import threading

import numpy as np

from minidl.config.types import Array
from minidl.kernels.combining import combine
from minidl.kernels.threads import in_parallel, threads

SHARED = 1 << 20  # elements from which a second thread gains: below, BLAS's own threads, still waiting busily, are in its way
PIECE = 1 << 19  # elements that one walk through the passes takes at most, so that less memory is kept

_kept = threading.local()


def adam_step(
    value: Array,
    gradient: Array,
    momentum: Array,
    velocity: Array,
    largest: Array | None,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> None:
    """`m = beta_1 * m + (1 - beta_1) * g`, the same for `v` and `g * g`, `w -= alpha * m / (sqrt(v) + epsilon)`, in place.

    Args:
        value, gradient, momentum, velocity: w, g, m and v, vectors of one length and type.
        largest: the largest v so far, which takes the place of v in the step; `None` to do without.
        alpha: the learning rate with its corrections.
        beta_1, beta_2, epsilon: as for `Adam`.
    """

    def step(part: slice) -> None:
        w, g, m, v = value[part], gradient[part], momentum[part], velocity[part]
        work = scratch(w)
        combine(1 - beta_1, g, beta_1, m)
        combine(1 - beta_2, np.multiply(g, g, out=work), beta_2, v)
        if largest is not None:
            v = np.maximum(largest[part], v, out=largest[part])
        np.sqrt(v, out=work)
        work += epsilon
        combine(-alpha, np.divide(m, work, out=work), 1, w)

    in_parallel(step, parts(len(value)))


def parts(size: int) -> list[slice]:
    """A vector's parts: one where it is short, else equal ones for all threads, of at most `PIECE` elements."""
    count = 1 if size < SHARED else threads() * -(-size // (threads() * PIECE))
    length = -(-size // count)
    return [slice(start, start + length) for start in range(0, size, length)] if size else []


def scratch(like: Array) -> Array:
    """Memory of this vector's length and type, kept from call to call, one for each thread; what it holds is arbitrary."""
    found: Array | None = getattr(_kept, like.dtype.char, None)
    if found is None or len(found) < len(like):
        found = np.empty_like(like)
        setattr(_kept, like.dtype.char, found)
    return found[: len(like)]
