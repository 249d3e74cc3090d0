"""One source of seeds for the process; each user of random numbers has its own generator."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.locks import ProcessLock
from minidl.config.types import JSON, Generator


class Seed(NamedTuple):
    """What a generator is made from: the arguments of NumPy's `SeedSequence`."""

    entropy: Any
    spawn_key: tuple[int, ...] = ()


class SeedSource:
    """Gives one seed after another, as the children of NumPy's `SeedSequence(entropy)`.

    Attributes:
        entropy: what it was made from; random by default.
        spawned: how many seeds it gave.
    """

    def __init__(self, entropy: object = None, spawned: int = 0) -> None:
        self.entropy = int.from_bytes(os.urandom(16), "little") if entropy is None else entropy
        self.spawned = spawned

    def next(self) -> Seed:
        """The next seed."""
        self.spawned += 1
        return Seed(self.entropy, (self.spawned - 1,))


class SeedState(NamedTuple):
    """The process's seed source: what it was made from, how many seeds it gave, and the seed that the user set, if any."""

    entropy: Any
    spawned: int
    seed: int | None


_lock = ProcessLock()
_source = SeedSource()
_seed: int | None = None  # that of the last `set_random_seed`
_own = threading.local()  # `source`: the seed source of a thread inside `seeds_from`


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
    global _source, _seed
    checked = _as_seed(seed)
    with _lock.held:
        _source, _seed = SeedSource(checked), checked


def make_generator(seed: int | None = None) -> Generator:
    """Make a generator with this seed, or with the next seed of the process's seed source for `None`."""
    return _generator(_next_seed(seed))


class LateGenerator:
    """A random generator that is made when it is first used: a prediction needs none, and `numpy.random` is slow to import.

    Its seed is taken at once, so that the numbers do not depend on when it is made.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = _next_seed(seed)
        self._state: dict[str, object] | None = None
        self._made: Generator | None = None

    @property
    def generator(self) -> Generator:
        """The generator."""
        with _lock.held:
            if self._made is None:
                self._made = _generator(self._seed)
                if self._state is not None:
                    self._made.bit_generator.state = self._state
            return self._made

    def restore(self, state: JSON) -> None:
        """Set the state of its bit generator."""
        if self._made is None and _is_state(state):
            self._state = state
        else:
            self.generator.bit_generator.state = state


def _is_state(state: JSON) -> bool:
    """Whether NumPy would accept this as the state of the generator that `default_rng` makes."""
    try:
        inner = state["state"]
        sizes = [(inner["state"], 128), (inner["inc"], 128), (state["has_uint32"], 1), (state["uinteger"], 32)]
        return state["bit_generator"] == "PCG64" and all(type(n) is int and 0 <= n < 1 << bits for n, bits in sizes)
    except (KeyError, TypeError):
        return False


def seed_state() -> SeedState:
    """The seed source as it is now, to be set in another process."""
    with _lock.held:
        return SeedState(_source.entropy, _source.spawned, _seed)


def set_seed_state(state: SeedState) -> None:
    """Continue where another process's seed source was."""
    global _source, _seed
    with _lock.held:
        _source, _seed = SeedSource(state.entropy, state.spawned), state.seed


@contextmanager
def seeds_from(seed: int) -> Iterator[None]:
    """Inside, what this thread makes draws its seeds from `seed`; the process's seed source stays as it is.

    Example:
        >>> with seeds_from(1): a = make_generator().random()
        >>> with seeds_from(1): bool(a == make_generator().random())
        True
    """
    before = getattr(_own, "source", None)
    _own.source = SeedSource(_as_seed(seed))
    try:
        yield
    finally:
        del _own.source
        if before is not None:
            _own.source = before


def _next_seed(seed: int | None) -> Seed:
    if seed is not None:
        return Seed(_as_seed(seed))
    with _lock.held:
        source: SeedSource = getattr(_own, "source", _source)
        return source.next()


def _generator(seed: Seed) -> Generator:
    return np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key))


def _as_seed(seed: int) -> int:
    if not is_integer(seed, least=0):
        raise ValueError(f"a random seed is an integer of at least 0, got {seed!r}")
    return int(seed)
