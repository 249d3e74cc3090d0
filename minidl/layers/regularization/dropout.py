"""`Dropout`: in training, some inputs are left out at random."""

from typing import Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array, Shape
from minidl.layers.layer import Layer


class Dropout(Layer):
    """In training, sets a random share of the inputs to 0: `y = x * keep / (1 - rate)`; in inference `y = x`.

    What is kept is scaled up, so that the mean stays.

    Args:
        rate: share of the inputs that is dropped, in [0, 1).
        noise_shape: shape of the drawn mask, 1 where an axis shares one draw, `None` for x's own size.
        seed: makes the draws repeatable; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Raises:
        ValueError: `rate` is not in [0, 1), or `noise_shape` does not broadcast to x.
    Source: Srivastava et al. 2014.
    Example:
        >>> sorted({float(value) for value in Dropout(0.5, seed=1)(np.ones((4, 8)), training=True).flat})
        [0.0, 2.0]
    """

    supports_masking = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = check_real("Dropout", "rate", rate, 0.0, 1.0, open_high=True)
        self.noise_shape = _as_noise_shape(noise_shape)
        self.seed = seed
        self.generator = self.add_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`y = x * keep / (1 - rate)` with a new mask, or `y = x` outside training."""
        if not training or self.rate == 0.0:
            return x, None
        sizes = self.noise_shape or x.shape
        shape = tuple(size or whole for size, whole in zip(sizes, x.shape, strict=True))
        keep = draw_keep(self.generator, shape, self.rate, x.dtype)
        scale = 1.0 / (1.0 - self.rate)
        return _scaled(x * keep, scale), (keep, scale)

    def backward(self, dy: Array, cache: Any) -> Array:
        """`dx = dy * keep / (1 - rate)` under the same mask."""
        if cache is None:
            return dy
        keep, scale = cache
        return _scaled(dy * keep, scale)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def check_input(self, shape: Any) -> None:
        """Refuse an input to which `noise_shape` does not broadcast."""
        noise = self.noise_shape
        if noise is None:
            return
        fits = len(noise) == len(shape) and all(s in (None, 1) or w in (None, s) for s, w in zip(noise, shape, strict=True))
        if not fits:
            raise ValueError(
                f"{self.title} has noise_shape {noise}, which does not broadcast to its input of shape {shape}; "
                f"it has one size an axis: 1, None or the input's own"
            )


def draw_keep(generator: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: Any) -> Array:
    """Booleans, `False` with probability `rate`."""
    drawn = np.float64 if dtype == np.float64 else np.float32  # single draws cost half
    keep: Array = generator.random(shape, dtype=drawn) >= drawn(rate)
    return keep


def _scaled(fresh: Array, scale: float) -> Array:
    fresh *= scale
    return fresh


def _as_noise_shape(noise_shape: Any) -> Shape | None:
    if noise_shape is None:
        return None
    sizes = tuple(noise_shape) if isinstance(noise_shape, (tuple, list)) else (noise_shape,)
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size <= 0):
            raise ValueError(f"Dropout expects noise_shape to hold positive integers or None, got {noise_shape!r}")
    return sizes
