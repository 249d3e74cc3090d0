"""Attention: scores to weights to weighted means, forward and backward side by side.

Queries stand in rows, (..., queries, features), keys and values likewise; the axes in front are walked through by one
stacked product. A mask `keep` holds booleans that broadcast to the scores, (..., queries, keys).
"""

import math

import numpy as np

from minidl.config.types import Array

PIECE = 1 << 16  # scores that are worked on at once, and stay in a core's cache meanwhile


def attend(
    scores: Array, value: Array, keep: Array | None, drop: Array | None, out: Array | None = None
) -> tuple[Array, Array]:
    """`weights = softmax(scores)`, `y = (weights * drop) @ value`; the scores' own memory becomes the weights.

    A masked score counts as the lowest number, so its weight is 0; where a query may attend to nothing, all are equally low
    and all weights are equal, as in Keras.

    Args:
        scores: (..., queries, keys), written over.
        value: (..., keys, features).
        keep: `False` where a query must not attend to a key; or `None`.
        drop: dropout mask of the weights, 0 or `1 / (1 - rate)`; or `None`.
        out: an array for y, or `None` for a new one.
    Returns:
        y (..., queries, features), and the weights before dropout.
    """
    if keep is not None:
        lowest = np.finfo(scores.dtype).min / 2  # half of it, so that no difference of two overflows
        np.copyto(scores, scores.dtype.type(lowest), where=np.logical_not(keep))
    if scores.shape[-1]:
        scores -= scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores, out=scores)
    weights /= weights @ np.ones((weights.shape[-1], 1), weights.dtype)  # a product adds up five times as fast as `sum`
    return np.matmul(weights if drop is None else weights * drop, value, out=out), weights


def attend_backward(
    dy: Array, dweights: Array | None, weights: Array, value: Array, keep: Array | None, drop: Array | None
) -> tuple[Array, Array]:
    """`dscores = weights * (dw - sum(dw * weights))`, where `dw = (dy @ value.T) * drop`; `dvalue = (weights * drop).T @ dy`.

    Args:
        dy: gradient of y.
        dweights: gradient of the weights before dropout, where they were an output too; or `None`.
        weights, value, keep, drop: as `attend` had and left them.
    Returns:
        dscores and dvalue.
    """
    dw = dy @ value.swapaxes(-1, -2)  # (..., queries, features) @ (..., features, keys) -> (..., queries, keys)
    if drop is not None:
        dw *= drop
    if dweights is not None:
        dw += dweights
    dw -= np.einsum("...s,...s->...", dw, weights)[..., np.newaxis]
    dw *= weights  # which is 0 at masked scores, but for queries that attend to nothing:
    if keep is not None and (blind := ~keep.any(axis=-1, keepdims=True)).any():
        np.copyto(dw, dw.dtype.type(0), where=blind)
    dvalue = (weights if drop is None else weights * drop).swapaxes(-1, -2) @ dy
    return dw, dvalue


def dot_scores(query: Array, key: Array, scale: float | Array) -> Array:
    """`scores = scale * query @ key.T`; the queries are scaled, which are fewer numbers than the scores."""
    scores: Array = (query * scale) @ key.swapaxes(-1, -2)  # (..., T, d) @ (..., d, S) -> (..., T, S)
    return scores


def dot_scores_backward(dscores: Array, query: Array, key: Array, scale: float | Array) -> tuple[Array, Array]:
    """`dquery = scale * dscores @ key`, `dkey = scale * dscores.T @ query`."""
    dquery = dscores @ key
    dquery *= scale
    dkey = dscores.swapaxes(-1, -2) @ query
    dkey *= scale
    return dquery, dkey


def dot_attend(
    query: Array, key: Array, value: Array, scale: float, keep: Array | None, drop: Array | None
) -> tuple[Array, Array]:
    """`attend(dot_scores(query, key, scale), value, keep, drop)`, a few rows of the batch after another.

    y lies in memory as the query does, so that where heads were folded, unfolding copies nothing.
    """
    weights = np.empty((*query.shape[:-1], key.shape[-2]), query.dtype)
    y = np.empty_like(query, shape=(*query.shape[:-1], value.shape[-1]))
    for rows in _pieces(weights.shape):
        scores = np.matmul(query[rows] * scale, key[rows].swapaxes(-1, -2), out=weights[rows])
        keep_here, drop_here = _of_rows(rows, weights.ndim, keep, drop)
        attend(scores, value[rows], keep_here, drop_here, y[rows])
    return y, weights


def dot_attend_backward(
    dy: Array,
    dweights: Array | None,
    weights: Array,
    query: Array,
    key: Array,
    value: Array,
    scale: float,
    keep: Array | None,
    drop: Array | None,
) -> tuple[Array, Array, Array]:
    """`attend_backward`, then `dot_scores_backward`, piece by piece as `dot_attend`: dquery, dkey and dvalue."""
    dquery, dkey, dvalue = np.empty_like(query), np.empty_like(key), np.empty_like(value)
    for rows in _pieces(weights.shape):
        dweights_here, keep_here, drop_here = _of_rows(rows, weights.ndim, dweights, keep, drop)
        dscores, dvalue[rows] = attend_backward(dy[rows], dweights_here, weights[rows], value[rows], keep_here, drop_here)
        dquery[rows], dkey[rows] = dot_scores_backward(dscores, query[rows], key[rows], scale)
    return dquery, dkey, dvalue


def _pieces(shape: tuple[int, ...]) -> list[slice]:
    """Rows of the batch, as many at once as have about `PIECE` scores; all of them where they are no more than two pieces."""
    batch, each = shape[0], max(1, math.prod(shape[1:]))
    size = batch if batch * each <= 2 * PIECE else max(1, PIECE // each)
    return [slice(start, start + size) for start in range(0, batch, max(1, size))]


def _of_rows(rows: slice, rank: int, *masks: Array | None) -> list[Array | None]:
    """What masks that broadcast to the scores say of some rows of the batch."""
    return [mask if mask is None or mask.ndim < rank or len(mask) == 1 else mask[rows] for mask in masks]


def additive_scores(query: Array, key: Array, inner: float | Array, outer: Array) -> tuple[Array, Array]:
    """`scores[t, s] = sum_d(outer[d] * tanh(inner * (query[t, d] + key[s, d])))`.

    Args:
        query, key: (batch, T, d), (batch, S, d).
        inner: a number.
        outer: (d,).
    Returns:
        The scores (batch, T, S), and the hyperbolic tangents (batch, T, S, d).
    """
    h = query[:, :, np.newaxis] + key[:, np.newaxis]
    h *= inner
    np.tanh(h, out=h)
    return h @ outer, h


def additive_scores_backward(
    dscores: Array, h: Array, query: Array, key: Array, inner: float | Array, outer: Array
) -> tuple[Array, Array, Array, Array]:
    """`dz = dscores * outer * (1 - h**2)`, before the tangent; from it every other gradient.

    Returns:
        dquery, dkey, dinner (a number), douter (d,).
    """
    douter = dscores.reshape(-1) @ h.reshape(-1, h.shape[-1])
    dz = 1 - h * h
    dz *= outer
    dz *= dscores[..., np.newaxis]
    dquery, dkey = dz.sum(axis=2), dz.sum(axis=1)
    dinner = np.asarray((dquery * query).sum() + (dkey * key).sum())
    return dquery * inner, dkey * inner, dinner, douter


def fold(z: Array, axes: tuple[int, ...]) -> Array:
    """(batch, steps ..., heads, width) -> (batch, other steps ..., heads, steps, width), those along `axes` as one axis."""
    moved = z.transpose(_folding(z.ndim, axes))
    steps = moved.shape[-1 - len(axes) : -1]
    return moved.reshape(*moved.shape[: -1 - len(axes)], math.prod(steps), z.shape[-1])


def unfold(folded: Array, steps: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """Undo `fold`, given the sizes in front of the heads: batch and all steps."""
    others = [size for axis, size in enumerate(steps) if axis not in axes]
    heads, width = folded.shape[-3], folded.shape[-1]
    moved = folded.reshape(*others, heads, *(steps[axis] for axis in axes), width)
    return moved.transpose(np.argsort(_folding(moved.ndim, axes)))


def _folding(rank: int, axes: tuple[int, ...]) -> list[int]:
    return [*(axis for axis in range(rank - 2) if axis not in axes), rank - 2, *axes, rank - 1]
