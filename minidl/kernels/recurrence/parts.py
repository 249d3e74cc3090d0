"""Parts of a batch, whose sequences know nothing of one another, so that each can be walked through on a thread of its own."""

import itertools
from collections.abc import Sequence

import numpy as np

from minidl.config.types import Array
from minidl.kernels.threads import threads

# Below these numbers a thread waits for the interpreter more than it computes: in one step of a part, and in all of its steps.
LEAST_STEP, LEAST_WALK = 1 << 14, 1 << 17


def parts_of_batch(time: int, batch: int, width: int) -> list[slice]:
    """The rows of each part, as many parts as there are threads where each has enough to do, else one.

    Args:
        time: number of steps.
        batch: number of sequences.
        width: of the gates, which one step computes for every sequence.
    """
    step = batch * width
    count = max(1, min(threads(), batch, step // LEAST_STEP, time * step // LEAST_WALK))
    edges = [batch * part // count for part in range(count + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def joined(parts: Sequence[Array], axis: int) -> Array:
    """What the parts made, as one array; that of a single part as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=axis)
