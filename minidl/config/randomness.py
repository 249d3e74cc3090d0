"""One source of seeds for the process; each user of random numbers has its own generator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from minidl.config.checks import is_integer

_lock = threading.Lock()
_spawner = np.random.SeedSequence()
_own = threading.local()  # `spawner`: the seed source of a thread inside `seeds_from`


def set_random_seed(seed: int) -> None:
    """Make everything built after this call repeatable.

    The seed source is process-wide, and used only when a layer, model or generator is made. NumPy's global random state is
    never changed.

    Args:
        seed: an integer of at least 0.
    Raises:
        ValueError: `seed` is negative or not an integer.
    Example:
        >>> set_random_seed(1); a = make_generator().random()
        >>> set_random_seed(1); bool(a == make_generator().random())
        True
    """
    global _spawner
    with _lock:
        _spawner = np.random.SeedSequence(_as_seed(seed))


def make_generator(seed: int | None = None) -> np.random.Generator:
    """Make a generator with this seed, or with the next seed of the process's seed source for `None`."""
    if seed is not None:
        return np.random.default_rng(_as_seed(seed))
    with _lock:
        return np.random.default_rng(getattr(_own, "spawner", _spawner).spawn(1)[0])


@contextmanager
def seeds_from(seed: int) -> Iterator[None]:
    """Inside, what this thread makes draws its seeds from `seed`; the process's seed source stays as it is.

    Example:
        >>> with seeds_from(1): a = make_generator().random()
        >>> with seeds_from(1): bool(a == make_generator().random())
        True
    """
    before = getattr(_own, "spawner", None)
    _own.spawner = np.random.SeedSequence(_as_seed(seed))
    try:
        yield
    finally:
        del _own.spawner
        if before is not None:
            _own.spawner = before


def _as_seed(seed: int) -> int:
    if not is_integer(seed, least=0):
        raise ValueError(f"a random seed is an integer of at least 0, got {seed!r}")
    return int(seed)
