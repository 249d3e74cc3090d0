"""Attention masks: causal, window, padding and pair masks, and the dropout mask of the weights."""

import functools
import math
from collections.abc import Mapping

import numpy as np

from minidl.config.randomness import LateGenerator
from minidl.config.types import Array, DType
from minidl.kernels.attention import fold
from minidl.layers.regularization.dropout import draw_keep_mask


def causal_mask(queries: int, keys: int) -> Array:
    """True where the key's position is not after the query's: (queries, keys)."""
    return np.arange(queries)[:, np.newaxis] >= np.arange(keys)


def window_mask(queries: int, keys: int, window: int) -> Array:
    """True where query and key are fewer than `window` positions apart: (queries, keys)."""
    mask: Array = np.abs(np.arange(queries)[:, np.newaxis] - np.arange(keys)) < window
    return mask


def step_mask(title: str, mask: Array | None, steps: tuple[int, ...], axes: tuple[int, ...]) -> Array:
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


def pair_mask(title: str, mask: Array, sizes: tuple[int, ...], queries: tuple[int, ...], keys: tuple[int, ...]) -> Array:
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


def combined_mask(
    title: str,
    shape: tuple[int, ...],
    query: tuple[int, ...],
    key: tuple[int, ...],
    axes: tuple[int, ...],
    masks: Mapping[str, Array | None],
    use_causal_mask: bool,
    window: int | None,
) -> Array | None:
    """All masks: True where a query may attend to a key, broadcasting to the scores; `None` without masks.

    Args:
        title: of the layer, for errors.
        shape, query, key: shapes of the scores, the query and the key.
        axes: the axes over which attention is computed.
        masks: those given, by the name of their argument; `None` for the others.
        use_causal_mask, window: whether the order of steps limits a query, and the width of its window.
    """
    queries, keys = shape[-2:]
    parts = []
    if masks["query_mask"] is not None:
        parts.append(step_mask(title, masks["query_mask"], query[:-1], axes))  # (batch, 1, queries, 1)
    of_keys = [masks[name] for name in ("value_mask", "key_mask") if masks[name] is not None]
    parts += [step_mask(title, mask, key[:-1], axes).swapaxes(-1, -2) for mask in of_keys]  # (batch, 1, 1, keys)
    if use_causal_mask:
        parts.append(causal_mask(queries, keys))
    if window is not None:
        parts.append(window_mask(queries, keys, window))
    if masks["attention_mask"] is not None:
        along = [tuple(one[axis] for axis in axes) for one in (query, key)]
        parts.append(pair_mask(title, masks["attention_mask"], shape[:-2], *along))
    return functools.reduce(np.logical_and, parts) if parts else None


def dropout_mask(random: LateGenerator, shape: tuple[int, ...], rate: float, dtype: DType) -> Array:
    """0 with probability `rate`, `1 / (1 - rate)` elsewhere."""
    return np.multiply(draw_keep_mask(random.generator, shape, rate, dtype), 1.0 / (1.0 - rate), dtype=dtype)


def _broadcasts(shape: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    return len(shape) == len(whole) and all(size in (1, full) for size, full in zip(shape, whole, strict=True))
