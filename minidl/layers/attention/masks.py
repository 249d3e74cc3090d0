"""Masks of attention that need no input: from places alone, who may look at whom; and at random, for dropout."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.layers.regularization.dropout import draw_keep


def causal_mask(queries: int, keys: int) -> Array:
    """`True` where the key's place is not behind the query's: (queries, keys), as no step may see what comes later."""
    mask: Array = np.arange(queries)[:, np.newaxis] >= np.arange(keys)
    return mask


def window_mask(queries: int, keys: int, window: int) -> Array:
    """`True` where query and key are fewer than `window` places apart: (queries, keys)."""
    mask: Array = np.abs(np.arange(queries)[:, np.newaxis] - np.arange(keys)) < window
    return mask


def drop_mask(generator: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: Any) -> Array:
    """0 with probability `rate`, `1 / (1 - rate)` elsewhere."""
    return np.multiply(draw_keep(generator, shape, rate, dtype), 1.0 / (1.0 - rate), dtype=dtype)
