"""`VarianceScaling` and the Glorot, He and LeCun initializers, whose variance depends on a weight's fan-in and fan-out.

The normal ones are truncated at two standard deviations and rescaled, so that the variance is the stated one.
"""

import math
from collections.abc import Sequence

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, DType, Generator
from minidl.initializers.random import RandomInitializer, draw_truncated_normal, draw_uniform

_TRUNCATED_STDDEV = 0.87962566103423978  # standard deviation of a standard normal distribution truncated at -2 and 2
_MODES = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform", "normal")


class FanInitializer(RandomInitializer):
    """Base class of the initializers in this file, which draw with `variance = scale / n`.

    Attributes:
        scale: a number above 0.
        mode: "fan_in", "fan_out" or "fan_avg": what `n` is.
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
    Args:
        seed: an integer of at least 0 for the same values at every call, or `None`.
        input_axes: the weight's axes that count as inputs; by default the second to last, times a convolution's window.
        output_axes: the same for the outputs; both or neither must be given.
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __init__(
        self, seed: int | None = None, input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
    ) -> None:
        super().__init__(seed)
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                f"{type(self).__name__} expects input_axes and output_axes together or neither, "
                f"got {input_axes!r} and {output_axes!r}"
            )
        self.input_axes = input_axes
        self.output_axes = output_axes

    def fans(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Fan-in and fan-out, at least 1 each.

        Example:
            >>> GlorotUniform().fans((784, 10))  # kernel of Dense
            (784, 10)
            >>> GlorotUniform().fans((3, 3, 16, 32))  # kernel of Conv2D: 3 * 3 * 16 inputs
            (144, 288)
        """
        if self.input_axes is not None and self.output_axes is not None:
            fan_in = math.prod(shape[axis] for axis in self.input_axes)
            fan_out = math.prod(shape[axis] for axis in self.output_axes)
        elif len(shape) < 2:
            fan_in = fan_out = math.prod(shape)
        else:
            window = math.prod(shape[:-2])
            fan_in, fan_out = window * shape[-2], window * shape[-1]
        return max(1, fan_in), max(1, fan_out)

    def draw(self, generator: Generator, shape: tuple[int, ...], dtype: DType) -> Array:
        """Values with `variance = scale / n`; uniform ones are between -+`sqrt(3 * variance)`."""
        fan_in, fan_out = self.fans(shape)
        variance = self.scale / {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return draw_uniform(generator, shape, dtype, -limit, limit)
        if self.distribution == "truncated_normal":
            return draw_truncated_normal(generator, shape, dtype, math.sqrt(variance) / _TRUNCATED_STDDEV)
        values: Array = np.asarray(generator.standard_normal(shape, dtype))
        values *= math.sqrt(variance)
        return values


class VarianceScaling(FanInitializer):
    """Draws with `variance = scale / n`, where `n` is the fan-in, the fan-out, or their mean. The others are special cases.

    Args:
        scale: a number above 0.
        mode: "fan_in", "fan_out" or "fan_avg": what `n` is.
        distribution: "truncated_normal", "untruncated_normal" or "uniform"; "normal" means the first.
        seed, input_axes, output_axes: as for `FanInitializer`.
    Example:
        >>> VarianceScaling(2.0, mode="fan_out", seed=1)((2, 3)).shape
        (2, 3)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed, input_axes, output_axes)
        if check_real("VarianceScaling", "scale", scale, low=0.0, open_high=True) == 0:
            raise ValueError(f"VarianceScaling expects scale to be above 0, got {scale!r}")
        for name, value, known in (("mode", mode, _MODES), ("distribution", distribution, _DISTRIBUTIONS)):
            if value not in known:
                raise ValueError(f"VarianceScaling expects {name} to be one of {', '.join(known)}, got {value!r}")
        self.scale, self.mode = float(scale), mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution


class GlorotUniform(FanInitializer):
    """Uniform with `variance = 2 / (fan_in + fan_out)`: the default of most layers.

    Source: Glorot & Bengio 2010.
    Example:
        >>> GlorotUniform(seed=1)((2, 3)).shape
        (2, 3)
    """

    mode, distribution = "fan_avg", "uniform"


class GlorotNormal(FanInitializer):
    """Truncated normal with `variance = 2 / (fan_in + fan_out)`.

    Source: Glorot & Bengio 2010.
    Example:
        >>> GlorotNormal(seed=1)((2, 3)).shape
        (2, 3)
    """

    mode = "fan_avg"


class HeUniform(FanInitializer):
    """Uniform with `variance = 2 / fan_in`, for "relu".

    Source: He, Zhang, Ren & Sun 2015.
    Example:
        >>> HeUniform(seed=1)((2, 3)).shape
        (2, 3)
    """

    scale, distribution = 2.0, "uniform"


class HeNormal(FanInitializer):
    """Truncated normal with `variance = 2 / fan_in`, for "relu".

    Source: He, Zhang, Ren & Sun 2015.
    Example:
        >>> HeNormal(seed=1)((2, 3)).shape
        (2, 3)
    """

    scale = 2.0


class LecunUniform(FanInitializer):
    """Uniform with `variance = 1 / fan_in`.

    Source: LeCun, Bottou, Orr & Müller 1998.
    Example:
        >>> LecunUniform(seed=1)((2, 3)).shape
        (2, 3)
    """

    distribution = "uniform"


class LecunNormal(FanInitializer):
    """Truncated normal with `variance = 1 / fan_in`, for "selu".

    Source: LeCun, Bottou, Orr & Müller 1998.
    Example:
        >>> LecunNormal(seed=1)((2, 3)).shape
        (2, 3)
    """
