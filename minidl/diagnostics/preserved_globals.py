"""Restore the process-wide seed source and automatic names when an examination ends."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from minidl.config import naming, randomness


@contextmanager
def preserved_globals() -> Iterator[None]:
    """Context in which models are copied and built without changing seeds and names of the user's next objects."""
    source, counts = randomness._source, naming._counts.copy()
    randomness._source = copy.deepcopy(source)
    try:
        yield
    finally:
        randomness._source = source
        naming._counts.clear()
        naming._counts.update(counts)
