"""`AlphaDropout`: dropout for self-normalizing networks, whose outputs keep mean 0 and variance 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Unpack

from minidl.config.checks import check_real
from minidl.config.types import Array, Shape
from minidl.kernels.activations.elu import SELU_ALPHA, SELU_SCALE
from minidl.layers.options import LayerOptions
from minidl.layers.regularization.dropout import check_noise_shape, draw_keep_mask, noise_shape_of, noise_sizes
from minidl.layers.same_shape import SameShape

_LOWEST = -SELU_ALPHA * SELU_SCALE  # limit of selu for large negative inputs


class AlphaDropout(SameShape):
    """Sets a random fraction of the inputs to the lowest value of selu, about -1.76, in training; in inference `y = x`.

    The output is scaled by `a` and shifted by `b`, so that mean 0 and variance 1 of the input are preserved:
    `a = 1 / sqrt((1 - rate) * (1 + rate * lowest**2))` and `b = -a * rate * lowest`. Use it after layers with the activation
    "selu" and the initializer "lecun_normal".

    Args:
        rate: fraction of the inputs to drop, in [0, 1).
        noise_shape: shape of the drawn mask, which broadcasts to x: 1 where an axis shares one draw, `None` for x's own size.
        seed: seed of the random draws; the next global seed by default.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `rate` is not in [0, 1), `seed` is not an integer of at least 0, or `noise_shape` does not broadcast to x.
    Source: Klambauer et al. 2017.
    Example:
        >>> y = AlphaDropout(0.2, seed=1)(np.random.default_rng(1).normal(size=(200, 200)), training=True)
        >>> round(abs(float(y.mean())), 1), round(float(y.var()), 1)
        (0.0, 1.0)
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.rate = check_real("AlphaDropout", "rate", rate, 0.0, 1.0, open_high=True)
        self.noise_shape = noise_shape_of("AlphaDropout", noise_shape)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array | None]:
        """`y = a * (x where kept, lowest where not) + b` with a new mask, or `y = x` outside training."""
        if not training or self.rate == 0.0:
            return x, None
        a = 1.0 / math.sqrt((1.0 - self.rate) * (1.0 + self.rate * _LOWEST**2))
        b = -a * self.rate * _LOWEST
        keep = draw_keep_mask(self._random.generator, noise_sizes(self.noise_shape, x.shape), self.rate, x.dtype)
        scale = keep * x.dtype.type(a)
        shift = ~keep * x.dtype.type(a * _LOWEST) + x.dtype.type(b)
        return x * scale + shift, scale

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx = a * dy` where x was kept, 0 where not."""
        return dy if cache is None else dy * cache

    def check_input(self, shape: Shape) -> None:
        check_noise_shape(self, self.noise_shape, shape)
