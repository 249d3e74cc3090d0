"""`GaussianNoise` and `GaussianDropout`: additive and multiplicative noise in training."""

from __future__ import annotations

import math
from typing import Unpack

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class GaussianNoise(SameShape):
    """In training `y = x + noise`, with noise of mean 0; in inference `y = x`.

    Args:
        stddev: standard deviation of the noise, at least 0.
        seed: seed of the random draws; the next global seed by default.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `stddev` is negative, or `seed` not an integer of at least 0.
    Source: Bishop 1995.
    Example:
        >>> GaussianNoise(0.1)([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.stddev = check_real("GaussianNoise", "stddev", stddev, 0.0)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = x + stddev * normal`, or `y = x` outside training."""
        if not training or self.stddev == 0.0:
            return x, None
        noise = self._random.generator.standard_normal(x.shape, x.dtype)
        return x + noise * x.dtype.type(self.stddev), None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx = dy`."""
        return dy


class GaussianDropout(SameShape):
    """In training `y = x * noise`, with noise of mean 1 and the variance of dropout with that rate; in inference `y = x`.

    Args:
        rate: as in `Dropout`, in [0, 1); the noise has the standard deviation `sqrt(rate / (1 - rate))`.
        seed: seed of the random draws; the next global seed by default.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `rate` is not in [0, 1), or `seed` not an integer of at least 0.
    Source: Srivastava et al. 2014.
    Example:
        >>> GaussianDropout(0.5)([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.rate = check_real("GaussianDropout", "rate", rate, 0.0, 1.0, open_high=True)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array | None]:
        """`y = x * (1 + sqrt(rate / (1 - rate)) * normal)`, or `y = x` outside training."""
        if not training or self.rate == 0.0:
            return x, None
        stddev = x.dtype.type(math.sqrt(self.rate / (1.0 - self.rate)))
        noise = self._random.generator.standard_normal(x.shape, x.dtype) * stddev + x.dtype.type(1)
        return x * noise, noise

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx = dy * noise`."""
        return dy if cache is None else dy * cache
