"""`RandomNormal`, `TruncatedNormal` and `RandomUniform`, and their base class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.checks import check_real, is_integer
from minidl.config.randomness import LateGenerator, make_generator
from minidl.config.types import Array, DType, DTypeLike, Generator
from minidl.initializers.initializer import Initializer

_DRAWN = ("float32", "float64")  # dtypes that NumPy's generators draw directly


class RandomInitializer(Initializer):
    """Base class of random initializers, each with its own generator; subclasses define `draw`.

    An integer `seed` gives the same values at every call. Without one the initializer gets a generator from the global seed
    source when it is made, and continues to draw from it, so two weights that share an initializer get different values; in
    Keras they would get the same.

    Args:
        seed: an integer of at least 0, or `None`.
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and not is_integer(seed, least=0):
            raise ValueError(f"{type(self).__name__} expects seed to be an integer of at least 0 or None, got {seed!r}")
        self.seed = seed
        self._random = LateGenerator(seed)

    def __call__(self, shape: Sequence[int], dtype: DTypeLike = None) -> Array:
        shape, dtype = self.resolve(shape, dtype)
        generator = self._random.generator if self.seed is None else make_generator(self.seed)
        drawn = self.draw(generator, shape, dtype if dtype.name in _DRAWN else np.dtype("float64"))
        return drawn.astype(dtype, copy=False)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """An array of that shape; `dtype` is float32 or float64."""
        raise TypeError(f"{type(self).__name__} defines no draw(generator, shape, dtype); it returns an array of that shape")


class RandomNormal(RandomInitializer):
    """Draws from a normal distribution: `w = mean + stddev * z`, with standard normal `z`.

    Args:
        mean: its mean.
        stddev: its standard deviation, at least 0.
        seed: an integer for the same values at every call.
    Example:
        >>> RandomNormal(stddev=0.1, seed=1)((2, 3)).shape
        (2, 3)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = check_real("RandomNormal", "mean", mean)
        self.stddev = check_real("RandomNormal", "stddev", stddev, low=0.0)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """`mean + stddev * normal`."""
        values: Array = np.asarray(generator.standard_normal(shape, dtype))
        values *= self.stddev
        values += self.mean
        return values


class TruncatedNormal(RandomInitializer):
    """Draws from a truncated normal distribution: `w = mean + stddev * z`, where `z` is drawn again if `|z| > 2`.

    Args:
        mean: its mean.
        stddev: the standard deviation before truncation, at least 0.
        seed: an integer for the same values at every call.
    Example:
        >>> bool(np.abs(TruncatedNormal(stddev=0.1, seed=1)((1000,))).max() <= 0.2)
        True
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = check_real("TruncatedNormal", "mean", mean)
        self.stddev = check_real("TruncatedNormal", "stddev", stddev, low=0.0)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """`mean + stddev * normal`, within `2 * stddev` of the mean."""
        values = draw_truncated_normal(generator, shape, dtype, self.stddev)
        values += self.mean
        return values


class RandomUniform(RandomInitializer):
    """Draws from a uniform distribution: `w = minval + (maxval - minval) * u`, with `u` uniform in [0, 1).

    Args:
        minval: lower bound.
        maxval: upper bound, at least `minval`.
        seed: an integer for the same values at every call.
    Example:
        >>> RandomUniform(seed=1)((2, 3)).shape
        (2, 3)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = check_real("RandomUniform", "minval", minval)
        self.maxval = check_real("RandomUniform", "maxval", maxval, low=self.minval)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """Uniform between `minval` and `maxval`."""
        return draw_uniform(generator, shape, dtype, self.minval, self.maxval)


def draw_uniform(generator: Generator, shape: tuple[int, ...], dtype: DType, low: float, high: float) -> Array:
    """Uniform between `low` and `high`."""
    values: Array = np.asarray(generator.random(shape, dtype))
    values *= high - low
    values += low
    return values


def draw_truncated_normal(generator: Generator, shape: tuple[int, ...], dtype: DType, stddev: float) -> Array:
    """Truncated normal with mean 0: values beyond two standard deviations are drawn again."""
    values: Array = np.asarray(generator.standard_normal(shape, dtype))
    flat = values.reshape(-1)
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = generator.standard_normal(outside.size, dtype)
        outside = outside[np.abs(flat[outside]) > 2]
    values *= stddev
    return values
