"""Set tiny elements of slots to zero, before they become so small that CPUs need many times longer to calculate with them.

The momentum of a weight whose gradient is zero, such as that of a pixel which is rarely lit or of a unit that is never active,
decays by `beta` at every update. After several hundred it is subnormal, below 1.2e-38 in float32. No update of a weight depends
on numbers that small.
"""

from collections.abc import Iterable

import numpy as np

from minidl.config.types import Array

UPDATES = 64  # between two calls: meanwhile 0.9 ** 64 = 1e-3, so that what is left here stays above the smallest normal number
LEAST_EPSILON = 1e-10  # with a smaller one in the denominator, the root of a tiny number matters
_LIMITS = {4: 1e-35, 8: 1e-300}  # by bytes of an element; float16 uses all of its numbers


def set_tiny_to_zero(slots: Iterable[Array]) -> None:
    """Set elements of float32 and float64 arrays that are smaller than these limits to 0, in place."""
    for slot in slots:
        if slot.itemsize in _LIMITS:
            slot[np.abs(slot) < _LIMITS[slot.itemsize]] = 0
