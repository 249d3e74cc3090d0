"""Random tensors with Keras's names: drawn immediately, or, with sizes of symbolic tensors, whenever the model runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.autodiff import Tensor
from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import check_real
from minidl.config.configurable import Configurable
from minidl.config.layer_like import InferredOutputs
from minidl.config.missing_names import attribute_error
from minidl.config.naming import automatic_name
from minidl.config.randomness import make_generator
from minidl.config.settings import floatx
from minidl.config.types import AnyShapes, Array, ArrayLike, Generator, Options, Shape, Tensors
from minidl.graph.operation_call import GraphFunction
from minidl.graph.options import decode_options, encode_options
from minidl.graph.sizes import Size
from minidl.graph.symbolic import SymbolicTensor, connect
from minidl.initializers.random import draw_truncated_normal

__all__ = ["SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle"]
__all__ += ["truncated_normal", "uniform"]

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
    """A random tensor as a node of a graph; made by `normal` and its siblings if the shape has sizes of symbolic tensors.

    Args:
        distribution: one of `DISTRIBUTIONS`.
        shape: sizes, also those of input tensors.
        parameters: the parameters of the distribution.
        seed: seed of its generator; by default the next seed of the process.
        name, dtype: as for `GraphFunction`.
    """

    def __init__(
        self,
        distribution: str,
        shape: Shape,
        parameters: tuple[ArrayLike, ...],
        seed: Any = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(distribution, name, dtype)
        self.distribution, self.shape, self.parameters, self.seed = distribution, shape, parameters, seed
        self.generators.append(seed.generator if isinstance(seed, SeedGenerator) else make_generator(seed))

    def _forward(self, x: Tensors, mask: object = None, training: bool = False, **options: Any) -> tuple[Any, int, None]:
        """New random values at each call."""
        shape = decode_options(self.shape, list(x))
        return draw(self.distribution, shape, self.parameters, self.generators[0], self.dtype), len(x), None

    def _backward(self, dy: object, cache: int, weights_only: bool = False) -> list[Array | None]:
        """No gradients: the values do not depend on inputs."""
        return [None] * cache

    def infer_outputs(self, input_shape: AnyShapes, dtypes: Any, masked: Any, options: Options) -> InferredOutputs:
        """The requested shape."""
        return tuple(decode_options(self.shape, [Shaped(shape) for shape in input_shape])), [self.dtype], [False]


class Shaped:
    """What has a shape and nothing else."""

    def __init__(self, shape: object) -> None:
        self.shape = shape


def normal(
    shape: Shape | list[Shape], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: object = None
) -> Array:
    """Values from a normal distribution.

    `p(x) = exp(-(x - mean) ** 2 / (2 * stddev ** 2)) / (stddev * sqrt(2 * pi))`.

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
    return _draw_or_connect("normal", shape, (float(mean), float(stddev)), dtype, seed)


def uniform(shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: object = None) -> Array:
    """Values from a uniform distribution on [minval, maxval): `p(x) = 1 / (maxval - minval)`.

    Args:
        shape, dtype, seed: as for `normal`.
        minval, maxval: lower and upper bound.
    Example:
        >>> uniform((2, 3), minval=-1.0, seed=1).shape
        (2, 3)
    """
    return _draw_or_connect("uniform", shape, (float(minval), float(maxval)), dtype, seed)


def truncated_normal(
    shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: object = None
) -> Array:
    """Values from a normal distribution, drawn again beyond two standard deviations; arguments as for `normal`.

    Example:
        >>> bool((np.abs(truncated_normal((1000,), seed=1)) <= 2).all())
        True
    """
    check_real("truncated_normal", "stddev", stddev, 0.0)
    return _draw_or_connect("truncated_normal", shape, (float(mean), float(stddev)), dtype, seed)


def randint(shape: Shape, minval: int, maxval: int, dtype: str = "int32", seed: object = None) -> Array:
    """Integers from `minval` up to, but excluding, `maxval`; shape and seed as for `normal`.

    Example:
        >>> set(randint((100,), 2, 4, seed=1).tolist()) == {2, 3}
        True
    """
    return _draw_or_connect("randint", shape, (int(minval), int(maxval)), dtype, seed)


def gamma(shape: Shape, alpha: TensorLike, dtype: str | None = None, seed: object = None) -> Array:
    """Values from a gamma distribution with parameter `alpha`, a number or an array, and scale 1.

    `p(x) = x ** (alpha - 1) * exp(-x) / Gamma(alpha)`.

    Example:
        >>> gamma((2,), alpha=3.0, seed=1).shape
        (2,)
    """
    return _draw_or_connect("gamma", shape, (alpha,), dtype, seed)


def beta(shape: Shape, alpha: TensorLike, beta: TensorLike, dtype: str | None = None, seed: object = None) -> Array:
    """Values from a beta distribution with parameters `alpha` and `beta`, numbers or arrays.

    `p(x) = x ** (alpha - 1) * (1 - x) ** (beta - 1) / B(alpha, beta)`.

    Example:
        >>> 0 < float(beta((), alpha=2.0, beta=3.0, seed=1)) < 1
        True
    """
    return _draw_or_connect("beta", shape, (alpha, beta), dtype, seed)


def binomial(
    shape: Shape, counts: TensorLike, probabilities: TensorLike, dtype: str | None = None, seed: object = None
) -> Array:
    """Numbers of successes in `counts` trials of the given probabilities, as floats.

    `P(k) = binom(n, k) * p ** k * (1 - p) ** (n - k)`.

    Example:
        >>> binomial((3,), counts=5, probabilities=1.0, seed=1)
        array([5., 5., 5.], dtype=float32)
    """
    return _draw_or_connect("binomial", shape, (counts, probabilities), dtype, seed)


def categorical(logits: Array, num_samples: int, dtype: str = "int32", seed: object = None) -> Array:
    """Classes with the probabilities `p = softmax(logits)`: (batch, classes) -> (batch, num_samples).

    The class with the largest logit plus Gumbel noise has exactly that probability.

    Example:
        >>> categorical(np.array([[0.0, 100.0]]), 3, seed=1)
        array([[1, 1, 1]], dtype=int32)
    """
    scores = np.asarray(logits, float)
    noise = _generator("categorical", seed).gumbel(size=(scores.shape[0], num_samples, scores.shape[1]))
    classes: Array = (scores[:, np.newaxis] + noise).argmax(axis=-1).astype(dtype)
    return classes


def dropout(inputs: Array, rate: float, noise_shape: Sequence[int | None] | None = None, seed: object = None) -> Array:
    """Elements set to 0 with probability `rate`, the others divided by `1 - rate`: `y = x * keep / (1 - rate)`.

    Args:
        inputs: an array or a tensor.
        rate: a number in [0, 1).
        noise_shape: shape of the mask, broadcast to the inputs; `None` for a size that is that of the inputs.
        seed: as for `normal`.
    Example:
        >>> sorted(set(dropout(np.ones(100), rate=0.5, seed=1).tolist()))
        [0.0, 2.0]
    """
    check_real("dropout", "rate", rate, 0.0)
    if not rate < 1:
        raise ValueError(f"dropout expects rate in [0, 1), got {rate!r}")
    x: Any = inputs if hasattr(inputs, "shape") else np.asarray(inputs, floatx())
    sizes = [Size(x, n) if size is None else size for n, size in enumerate(x.shape)]
    shape = sizes if noise_shape is None else [own if n is None else n for n, own in zip(noise_shape, sizes, strict=True)]
    keep = _draw_or_connect("uniform", shape, (0.0, 1.0), np.dtype(x.dtype).name, seed) >= rate
    return np.where(keep, x / (1 - rate), 0.0) if isinstance(x, Tensor) else np.where(keep, x / (1 - rate), x.dtype.type(0))


def shuffle(x: ArrayLike, axis: int = 0, seed: object = None) -> Array:
    """The parts of an array along an axis in random order.

    Example:
        >>> sorted(shuffle(np.arange(4), seed=1).tolist())
        [0, 1, 2, 3]
    """
    given = x if hasattr(x, "shape") else np.asarray(x)
    return np.take(given, _generator("shuffle", seed).permutation(given.shape[axis]), axis)


def _uniform(generator: Generator, shape: tuple[int, ...], kind: type, low: float, high: float) -> Array:
    return np.asarray(generator.random(shape, kind) * kind(high - low) + kind(low))


def _normal(generator: Generator, shape: tuple[int, ...], kind: type, mean: float, stddev: float) -> Array:
    return np.asarray(generator.standard_normal(shape, kind) * kind(stddev) + kind(mean))


def _truncated(generator: Generator, shape: tuple[int, ...], kind: type, mean: float, stddev: float) -> Array:
    return np.asarray(draw_truncated_normal(generator, tuple(shape), np.dtype(kind), stddev) + kind(mean))


# name -> function of a generator, a shape, a NumPy type and the parameters
DISTRIBUTIONS: dict[str, Callable[..., object]] = {
    "normal": _normal,
    "uniform": _uniform,
    "truncated_normal": _truncated,
    "randint": lambda generator, shape, kind, low, high: generator.integers(low, high, shape),
    "gamma": lambda generator, shape, kind, alpha: generator.gamma(alpha, size=shape),
    "beta": lambda generator, shape, kind, alpha, other: generator.beta(alpha, other, size=shape),
    "binomial": lambda generator, shape, kind, counts, p: generator.binomial(np.asarray(counts, int), p, size=shape),
}


def draw(distribution: str, shape: Shape, parameters: tuple[object, ...], generator: Generator, dtype: str) -> Array:
    """An array of values from the distribution."""
    kind = np.dtype(dtype)
    return np.asarray(DISTRIBUTIONS[distribution](generator, shape, kind.type, *parameters), kind)


def _check_seed(function: str, seed: object) -> None:
    if seed is not None and not isinstance(seed, (int, np.integer, SeedGenerator)):
        raise TypeError(f"{function} expects seed to be an integer, a SeedGenerator or None, got {seed!r}")


def _generator(function: str, seed: Any) -> Generator:
    """The generator of a `SeedGenerator`, or a new one."""
    _check_seed(function, seed)
    return seed.generator if isinstance(seed, SeedGenerator) else make_generator(None if seed is None else int(seed))


def _draw_or_connect(distribution: str, shape: object, parameters: tuple[Any, ...], dtype: str | None, seed: object) -> Array:
    if not hasattr(shape, "__iter__"):
        raise TypeError(f"random.{distribution} expects a shape, such as (3,), got {shape!r}")
    tensors: list[SymbolicTensor] = []
    sizes = encode_options(tuple(shape), tensors)
    if tensors:
        _check_seed(distribution, seed)
        made: Array = connect(Draw(distribution, sizes, parameters, seed, dtype=dtype), tensors, {})
        return made
    return draw(distribution, sizes, parameters, _generator(distribution, seed), dtype or floatx())
