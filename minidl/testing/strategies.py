"""Hypothesis strategies: shapes, and arrays with values away from kinks."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from minidl.config.types import Array


def shapes(
    min_rank: int = 2, max_rank: int = 4, max_size: int = 4, last: int | None = None, min_batch: int = 2
) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes with a batch axis, including sizes of 1.

    Args:
        min_rank, max_rank: number of axes.
        max_size: largest size of each axis.
        last: a fixed size of the last axis.
        min_batch: smallest number of rows.
    Example:
        >>> from hypothesis import given
        >>> @given(shapes(min_rank=3, max_rank=3))
        ... def check(shape):
        ...     assert len(shape) == 3 and min(shape) >= 1
        >>> check()
    """
    rest = st.lists(st.integers(1, max_size), min_size=min_rank - 1, max_size=max_rank - 1)
    batches = st.integers(min_batch, max(max_size, min_batch))

    def join(batch: int, sizes: list[int]) -> tuple[int, ...]:
        return (batch, *sizes) if last is None else (batch, *sizes[:-1], last)

    return st.builds(join, batches, rest)


def several(shape: st.SearchStrategy[tuple[int, ...]], count: int = 2) -> st.SearchStrategy[list[tuple[int, ...]]]:
    """The same shape for several inputs.

    Example:
        >>> from hypothesis import given
        >>> @given(several(shapes()))
        ... def check(both):
        ...     assert both[0] == both[1]
        >>> check()
    """
    return shape.map(lambda one: [one] * count)


def generators() -> st.SearchStrategy[np.random.Generator]:
    """NumPy generators, shown and reproduced by their seed.

    Example:
        >>> from hypothesis import given
        >>> @given(generators())
        ... def check(generator):
        ...     assert 0 <= generator.random() < 1
        >>> check()
    """
    return st.integers(0, 2**32 - 1).map(np.random.default_rng)


def arrays(
    shape: tuple[int, ...] | st.SearchStrategy[tuple[int, ...]],
    kinks: Sequence[float] = (0.0,),
    margin: float = 0.1,
    low: float = -2.0,
    high: float = 2.0,
) -> st.SearchStrategy[Array]:
    """float64 arrays between `low` and `high` whose values are all at least `margin` away from every kink.

    Values are drawn uniformly from the remaining intervals, without rejection.

    Raises:
        ValueError: the margins leave nothing.
    Example:
        >>> from hypothesis import given
        >>> @given(arrays((2, 3)))
        ... def check(x):
        ...     assert x.shape == (2, 3) and (np.abs(x) >= 0.1).all()
        >>> check()
    """
    edges = [low, *(edge for kink in sorted(kinks) for edge in (kink - margin, kink + margin)), high]
    pieces = [(max(a, low), min(b, high)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    pieces = [(a, b) for a, b in pieces if b > a]
    if not pieces:
        raise ValueError(f"no number in [{low:g}, {high:g}] is {margin:g} away from the kinks {tuple(kinks)}")
    starts, lengths = np.array(pieces).T[0], np.array([b - a for a, b in pieces])

    def draw(generator: np.random.Generator, size: tuple[int, ...]) -> Array:
        which = generator.choice(len(pieces), size, p=lengths / lengths.sum())
        return np.asarray(starts[which] + generator.random(size) * lengths[which])

    return st.builds(draw, generators(), st.just(shape) if isinstance(shape, tuple) else shape)


def probabilities(shape: tuple[int, ...]) -> st.SearchStrategy[Array]:
    """Rows of positive numbers whose sum along the last axis is 1.

    Example:
        >>> from hypothesis import given
        >>> @given(probabilities((2, 3)))
        ... def check(p):
        ...     assert np.allclose(p.sum(axis=1), 1)
        >>> check()
    """

    def draw(generator: np.random.Generator) -> Array:
        raw = generator.uniform(0.1, 1.0, shape)
        return np.asarray(raw / raw.sum(axis=-1, keepdims=True))

    return generators().map(draw)


def one_hot_rows(shape: tuple[int, ...]) -> st.SearchStrategy[Array]:
    """Rows with a single 1 along the last axis.

    Example:
        >>> from hypothesis import given
        >>> @given(one_hot_rows((2, 3)))
        ... def check(y):
        ...     assert (y.sum(axis=1) == 1).all()
        >>> check()
    """
    return generators().map(lambda generator: np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])])


def masks(shape: tuple[int, int]) -> st.SearchStrategy[Array]:
    """Masks (batch, time) with at least one unmasked step in every row.

    Example:
        >>> from hypothesis import given
        >>> @given(masks((2, 3)))
        ... def check(mask):
        ...     assert mask.any(axis=1).all()
        >>> check()
    """

    def draw(generator: np.random.Generator) -> Array:
        mask = generator.random(shape) < 0.6
        mask[np.arange(shape[0]), generator.integers(shape[1], size=shape[0])] = True
        return np.asarray(mask)

    return generators().map(draw)
