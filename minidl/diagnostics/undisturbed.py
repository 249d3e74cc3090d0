"""Nothing left changed: seeds and automatic names of the process are put back when an examination ends."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from minidl.config import naming, randomness


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within this context models may be copied and built; the next one that a user makes is the one it would have been."""
    spawner, counts = randomness._spawner, naming._counts.copy()
    randomness._spawner = copy.deepcopy(spawner)
    try:
        yield
    finally:
        randomness._spawner = spawner
        naming._counts.clear()
        naming._counts.update(counts)
