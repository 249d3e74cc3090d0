"""One source of seeds for the process; each user of random numbers has its own generator."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.locks import ProcessLock

_lock = ProcessLock()
_spawner = np.random.SeedSequence()
_seed: int | None = None  # that of the last `set_random_seed`
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
    global _spawner, _seed
    checked = _as_seed(seed)
    with _lock:
        _spawner, _seed = np.random.SeedSequence(checked), checked


def make_generator(seed: int | None = None) -> np.random.Generator:
    """Make a generator with this seed, or with the next seed of the process's seed source for `None`."""
    if seed is not None:
        return np.random.default_rng(_as_seed(seed))
    with _lock:
        return np.random.default_rng(getattr(_own, "spawner", _spawner).spawn(1)[0])


class SeedSource(NamedTuple):
    """The process's seed source: what it was made from, how many seeds it gave, and the seed that the user set, if any."""

    entropy: Any
    spawned: int
    seed: int | None


def seed_source() -> SeedSource:
    """The seed source as it is now, to be set in another process."""
    with _lock:
        return SeedSource(_spawner.entropy, _spawner.n_children_spawned, _seed)


def set_seed_source(source: SeedSource) -> None:
    """Continue where another process's seed source was."""
    global _spawner, _seed
    with _lock:
        _spawner, _seed = np.random.SeedSequence(source.entropy, n_children_spawned=source.spawned), source.seed


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
