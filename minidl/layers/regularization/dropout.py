"""`Dropout`: in training, some inputs are set to 0 at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import as_tuple, check_real
from minidl.config.types import Array, Generator, Shape
from minidl.kernels.dropout import drop
from minidl.kernels.in_use import in_use
from minidl.layers.argument_checks import check_shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class Dropout(SameShape):
    """In training, sets a random fraction of the inputs to 0: `y = x * keep / (1 - rate)`; in inference `y = x`.

    Kept elements are scaled up, so that the mean is unchanged.

    Args:
        rate: fraction of the inputs to drop, in [0, 1].
        noise_shape: shape of the drawn mask, which broadcasts to x: 1 where an axis shares one draw, `None` for x's own size.
        seed: seed of the random draws; the next global seed by default.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `rate` is not in [0, 1], `seed` is not an integer of at least 0, or `noise_shape` does not broadcast to x.
    Source: Srivastava et al. 2014.
    Example:
        >>> sorted({float(value) for value in Dropout(0.5, seed=1)(np.ones((4, 8)), training=True).flat})
        [0.0, 2.0]
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.rate = check_real("Dropout", "rate", rate, 0.0, 1.0)
        self.noise_shape = noise_shape_of("Dropout", noise_shape)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array | None]:
        """`y = x * keep / (1 - rate)` with a new mask, or `y = x` outside training."""
        if not training or self.rate == 0.0:
            return x, None
        keep = draw_keep_mask(self._random.generator, noise_sizes(self.noise_shape, x.shape), self.rate, x.dtype)
        return in_use[drop](x, keep, self.rate), keep

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx = dy * keep / (1 - rate)` under the same mask."""
        return dy if cache is None else in_use[drop](dy, cache, self.rate)

    def check_input(self, shape: Shape) -> None:
        check_noise_shape(self, self.noise_shape, shape)


# Shared by the other dropout layers.


def draw_keep_mask(generator: Generator, shape: tuple[int, ...], rate: float, dtype: object) -> Array:
    """Booleans, `False` with probability `rate`."""
    drawn = np.float64 if dtype == np.float64 else np.float32  # float32 draws take half the time
    return generator.random(shape, dtype=drawn) >= drawn(rate)


def noise_shape_of(owner: str, noise_shape: object) -> Shape | None:
    """Check a noise shape, one size per axis, or `None`."""
    return None if noise_shape is None else check_shape(owner, "noise_shape", as_tuple(noise_shape))


def noise_sizes(noise_shape: Shape | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the mask for an input of that shape."""
    if noise_shape is None:
        return shape
    sizes = (1,) * (len(shape) - len(noise_shape)) + noise_shape
    return tuple(whole if size is None else size for size, whole in zip(sizes, shape, strict=True))


def check_noise_shape(layer: Layer, noise_shape: Shape | None, shape: Shape) -> None:
    """Raise ValueError for an input to which the noise shape does not broadcast."""
    if noise_shape is None:
        return
    pairs = zip(noise_shape[::-1], shape[::-1], strict=False)
    if len(noise_shape) > len(shape) or not all(size in (None, 1) or whole in (None, size) for size, whole in pairs):
        raise ValueError(
            f"{layer.title} has noise_shape {noise_shape}, which does not broadcast to its input of shape {shape}; "
            f"give one size for each of the last axes: 1, None or the input's own"
        )
