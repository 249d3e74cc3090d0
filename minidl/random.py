"""Random tensors with Keras's names: drawn at once, or, in a function that is traced, anew each time it runs."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.naming import automatic_name
from minidl.config.randomness import make_generator
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.layers.layer import Layer
from minidl.operators import active_trace
from minidl.ops.op import find_sizes, note_sizes

__all__ = ["SeedGenerator", "normal", "uniform"]


class SeedGenerator:
    """A source of random numbers that a layer keeps, so that its draws go on from call to call.

    A layer whose `call` draws from it counts its state as its own: saved with it, and repeatable.

    Args:
        seed: makes the draws repeatable; by default the process's next seed.
    Example:
        >>> seeds = SeedGenerator(1)
        >>> bool((normal((3,), seed=seeds) == normal((3,), seed=seeds)).any())
        False
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed, self.generator = seed, make_generator(seed)

    def __repr__(self) -> str:
        return f"SeedGenerator({self.seed!r})"


class Draw(Layer):
    """One random tensor in a graph; made by calling `minidl.random` in a function that is traced, not by hand.

    Args:
        distribution: "normal" or "uniform".
        shape: sizes, also of tensors that come in.
        parameters: the two numbers of the distribution.
        generator: what draws.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    """

    input_dtype = "any"

    def __init__(
        self, distribution: str, shape: Any, parameters: tuple[float, float], generator: np.random.Generator, **kwargs: Any
    ) -> None:
        super().__init__(**{"name": automatic_name(distribution)} | kwargs)
        self.distribution, self.shape, self.parameters = distribution, shape, parameters
        self._generators.append(generator)

    def forward(self, x: Any, training: bool = False) -> tuple[Array, int]:
        """New numbers, each time."""
        shape = find_sizes(self.shape, list(x))
        return draw(self.distribution, shape, self.parameters, self._generators[0], self.dtype), len(x)

    def backward(self, dy: Array, cache: int) -> list[None]:
        """There is nothing that they depend on."""
        return [None] * cache

    def as_arrays(self, x: Any) -> Any:
        """The tensors whose sizes are asked for."""
        return x

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape asked for."""
        sizes = [Shaped(shape) for shape in input_shape]
        return tuple(find_sizes(self.shape, sizes))


class Shaped:
    """What has a shape and nothing else."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None) -> Any:
    """Numbers of a normal distribution.

    Args:
        shape: sizes; those that `ops.shape` gives of symbolic tensors too.
        mean, stddev: of the distribution.
        dtype: "float32" or "float64"; `floatx()` by default.
        seed: a `SeedGenerator`, an integer, or `None` for the process's next.
    Example:
        >>> normal((2, 3), seed=1).shape
        (2, 3)
    """
    check_real("normal", "stddev", stddev, 0.0)
    return _drawn("normal", shape, (float(mean), float(stddev)), dtype, seed)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None) -> Any:
    """Numbers that lie anywhere in [minval, maxval) with equal chance.

    Args:
        shape, dtype, seed: as for `normal`.
        minval, maxval: the ends.
    """
    return _drawn("uniform", shape, (float(minval), float(maxval)), dtype, seed)


def draw(distribution: str, shape: Any, parameters: tuple[float, float], generator: np.random.Generator, dtype: str) -> Array:
    """An array of that distribution."""
    kind: Any = np.dtype(dtype).type
    one, other = parameters
    if distribution == "normal":
        made: Array = generator.standard_normal(shape, kind) * kind(other) + kind(one)
    else:
        made = generator.random(shape, kind) * kind(other - one) + kind(one)
    return np.asarray(made)


def _drawn(distribution: str, shape: Any, parameters: tuple[float, float], dtype: str | None, seed: Any) -> Any:
    if seed is not None and not isinstance(seed, (int, np.integer, SeedGenerator)):
        raise TypeError(f"{distribution} expects seed to be an integer, a SeedGenerator or None, got {seed!r}")
    generator = seed.generator if isinstance(seed, SeedGenerator) else make_generator(None if seed is None else int(seed))
    tensors: list[SymbolicTensor] = []
    sizes, trace = note_sizes(tuple(shape), tensors), active_trace()
    if trace is None and not tensors:
        return draw(distribution, sizes, parameters, generator, dtype or floatx())
    if trace is not None:
        trace.generators.append(generator)
    return connect(Draw(distribution, sizes, parameters, generator, dtype=dtype), tensors, {})
