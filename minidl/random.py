"""Random tensors with Keras's names: drawn immediately, or, with sizes of symbolic tensors, whenever the model runs."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.configurable import Configurable
from minidl.config.missing_names import attribute_error
from minidl.config.naming import automatic_name
from minidl.config.randomness import make_generator
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.graph.operation_call import GraphFunction
from minidl.graph.options import decode_options, encode_options
from minidl.graph.symbolic import SymbolicTensor, connect

__all__ = ["SeedGenerator", "normal", "uniform"]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)


class SeedGenerator(Configurable):
    """A random generator that a layer holds in an attribute; its state advances with each draw.

    Its state is part of the layer's state and saved with it.

    Args:
        seed: seed of the generator; by default the next seed of the process.
        name: "seed_generator", "seed_generator_1" ... by default.
    Example:
        >>> seeds = SeedGenerator(1)
        >>> bool((normal((3,), seed=seeds) == normal((3,), seed=seeds)).any())
        False
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed, self.name = seed, name or automatic_name("SeedGenerator")
        self.generator = make_generator(seed)

    def __repr__(self) -> str:
        return f"SeedGenerator({self.seed!r})"


class Draw(GraphFunction):
    """A random tensor as a node of a graph; made by `normal` or `uniform` if the shape has sizes of symbolic tensors.

    Args:
        distribution: "normal" or "uniform".
        shape: sizes, also those of input tensors.
        parameters: the two parameters of the distribution.
        seed: seed of its generator; by default the next seed of the process.
        name, dtype: as for `GraphFunction`.
    """

    def __init__(
        self,
        distribution: str,
        shape: Any,
        parameters: tuple[float, float],
        seed: Any = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(distribution, name, dtype)
        self.distribution, self.shape, self.parameters, self.seed = distribution, shape, parameters, seed
        self.generators.append(seed.generator if isinstance(seed, SeedGenerator) else make_generator(seed))

    def _forward(self, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, int, None]:
        """New random values at each call."""
        shape = decode_options(self.shape, list(x))
        return draw(self.distribution, shape, self.parameters, self.generators[0], self.dtype), len(x), None

    def _backward(self, dy: Any, cache: int, weights_only: bool = False) -> list[Array | None]:
        """No gradients: the values do not depend on inputs."""
        return [None] * cache

    def announce(
        self, input_shape: Any, dtypes: Any, masked: Any, options: dict[str, Any]
    ) -> tuple[Any, list[str], list[bool]]:
        """The requested shape."""
        return tuple(decode_options(self.shape, [Shaped(shape) for shape in input_shape])), [self.dtype], [False]


class Shaped:
    """What has a shape and nothing else."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None) -> Any:
    """Values from a normal distribution.

    Args:
        shape: sizes, also those returned by `ops.shape` for symbolic tensors.
        mean, stddev: mean and standard deviation.
        dtype: "float32" or "float64"; `floatx()` by default.
        seed: a `SeedGenerator`, an integer, or `None` for the next seed of the process.
    Example:
        >>> normal((2, 3), seed=1).shape
        (2, 3)
    """
    check_real("normal", "stddev", stddev, 0.0)
    return _drawn("normal", shape, (float(mean), float(stddev)), dtype, seed)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None) -> Any:
    """Values from a uniform distribution on [minval, maxval).

    Args:
        shape, dtype, seed: as for `normal`.
        minval, maxval: lower and upper bound.
    """
    return _drawn("uniform", shape, (float(minval), float(maxval)), dtype, seed)


def draw(distribution: str, shape: Any, parameters: tuple[float, float], generator: np.random.Generator, dtype: str) -> Array:
    """An array of values from the distribution."""
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
    tensors: list[SymbolicTensor] = []
    sizes = encode_options(tuple(shape), tensors)
    if tensors:
        return connect(Draw(distribution, sizes, parameters, seed, dtype=dtype), tensors, {})
    generator = seed.generator if isinstance(seed, SeedGenerator) else make_generator(None if seed is None else int(seed))
    return draw(distribution, sizes, parameters, generator, dtype or floatx())
