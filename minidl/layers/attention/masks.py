"""Attention masks: causal, window, padding and pair masks, and the dropout mask of the weights."""

import functools
import math
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.kernels.attention import fold
from minidl.layers.regularization.dropout import draw_keep


def causal_mask(queries: int, keys: int) -> Array:
    """True where the key's position is not after the query's: (queries, keys)."""
    mask: Array = np.arange(queries)[:, np.newaxis] >= np.arange(keys)
    return mask


def window_mask(queries: int, keys: int, window: int) -> Array:
    """True where query and key are fewer than `window` positions apart: (queries, keys)."""
    mask: Array = np.abs(np.arange(queries)[:, np.newaxis] - np.arange(keys)) < window
    return mask


def combine(masks: list[Array]) -> Array | None:
    """True where every mask is True; `None` without masks."""
    return functools.reduce(np.logical_and, masks) if masks else None


def step_mask(title: str, mask: Any, steps: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """A mask of steps, (batch, steps ...), folded as heads are: (batch, others ..., 1, steps, 1).

    Args:
        title: of the layer, for errors.
        mask: booleans, or numbers, where 0 masks; missing axes at the end are broadcast.
        steps: sizes of batch and steps.
        axes: the axes that `fold` joins.
    """
    mask = np.asarray(mask).astype(bool, copy=False)
    whole = mask.reshape(mask.shape + (1,) * (len(steps) - mask.ndim))
    if not _broadcasts(whole.shape, steps):
        raise ValueError(f"{title} expects a mask of steps of shape {steps}, got one of shape {mask.shape}")
    return fold(np.broadcast_to(whole, steps)[..., np.newaxis, np.newaxis], axes)


def pair_mask(title: str, mask: Any, sizes: tuple[int, ...], queries: tuple[int, ...], keys: tuple[int, ...]) -> Array:
    """A mask of pairs, (batch, heads, queries ..., keys ...) or fewer axes -> (batch, others ..., heads, queries, keys).

    Args:
        title: of the layer, for errors.
        mask: booleans, or numbers, where 0 masks; missing axes in front of the queries are broadcast.
        sizes: the sizes in front of queries and keys: (batch, others ..., heads).
        queries, keys: sizes along the attended axes.
    """
    mask = np.asarray(mask).astype(bool, copy=False)
    pairs = (*queries, *keys)
    front, behind = mask.shape[: -len(pairs)], mask.shape[-len(pairs) :]
    whole: Array = mask.reshape(*front, *(1,) * (len(sizes) - len(front)), *behind)
    if not _broadcasts(whole.shape, (*sizes, *pairs)):
        raise ValueError(
            f"{title} expects an attention_mask that broadcasts to (batch, heads, queries, keys), {(*sizes, *pairs)}, "
            f"got one of shape {mask.shape}; True lets a query attend to a key"
        )
    if len(pairs) == 2:
        return whole
    front = whole.shape[: len(sizes)]
    return np.broadcast_to(whole, (*front, *pairs)).reshape(*front, math.prod(queries), math.prod(keys))


def dropout_mask(generator: np.random.Generator, shape: tuple[int, ...], rate: float, dtype: Any) -> Array:
    """0 with probability `rate`, `1 / (1 - rate)` elsewhere."""
    return np.multiply(draw_keep(generator, shape, rate, dtype), 1.0 / (1.0 - rate), dtype=dtype)


def _broadcasts(shape: tuple[Any, ...], whole: tuple[Any, ...]) -> bool:
    return len(shape) == len(whole) and all(size in (1, full) for size, full in zip(shape, whole, strict=True))
