"""Attention: `y = softmax(scores(query, key)) @ value`, each forward function followed by its backward one.

Shapes are (..., queries, features), (..., keys, features) and (..., keys, features) for query, key and value; the products are
stacked over the axes in front. Scores are (..., queries, keys), and so are, after broadcasting, the two masks:
    mask: booleans, False where a query must not attend to a key; or `None`.
    dropout: dropout mask of the weights, 0 or `1 / (1 - rate)`; or `None`.
"""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.threads import in_parallel

CHUNK = 1 << 16  # scores computed at once, few enough to stay in a core's cache


def attend(
    scores: Array, value: Array, mask: Array | None, dropout: Array | None, out: Array | None = None
) -> tuple[Array, Array]:
    """`weights = softmax(scores)`, `y = (weights * dropout) @ value`; the weights overwrite the scores.

    A masked score becomes the lowest number, so its weight is 0; where a query may attend to nothing, all weights are 0.

    Args:
        scores: (..., queries, keys), overwritten.
        value: (..., keys, features).
        mask, dropout: see the module.
        out: an array for y, or `None` for a new one.
    Returns:
        y (..., queries, features), and the weights before dropout.
    """
    if mask is not None:
        lowest = np.finfo(scores.dtype).min / 2  # half of it, so that no difference of two overflows
        np.copyto(scores, scores.dtype.type(lowest), where=np.logical_not(mask))
    in_use[softmax_rows](scores)
    weights = scores
    if mask is not None and (all_masked := ~mask.any(axis=-1, keepdims=True)).any():
        np.copyto(weights, weights.dtype.type(0), where=all_masked)
    return np.matmul(weights if dropout is None else weights * dropout, value, out=out), weights


def attend_backward(
    dy: Array, dweights: Array | None, weights: Array, value: Array, mask: Array | None, dropout: Array | None
) -> tuple[Array, Array]:
    """`dscores = weights * (dw - sum(dw * weights))`, `dw = (dy @ value.T) * dropout`; `dvalue = (weights * dropout).T @ dy`.

    Args:
        dy: gradient of y.
        dweights: gradient of the weights before dropout, if they were an output too; or `None`.
        weights, value, mask, dropout: as `attend` got or returned them.
    Returns:
        dscores and dvalue.
    """
    dw = dy @ value.swapaxes(-1, -2)  # (..., queries, features) @ (..., features, keys) -> (..., queries, keys)
    if dropout is not None:
        dw *= dropout
    if dweights is not None:
        dw += dweights
    in_use[softmax_rows_backward](dw, weights)
    dscores = dw  # 0 at masked scores
    dvalue = (weights if dropout is None else weights * dropout).swapaxes(-1, -2) @ dy
    return dscores, dvalue


def softmax_rows(z: Array) -> None:
    """`exp(z) / sum(exp(z))` along the last axis, in place."""
    if z.shape[-1]:
        z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z @ np.ones((z.shape[-1], 1), z.dtype)  # the sums, five times as fast as `sum`


def softmax_rows_backward(dy: Array, y: Array) -> None:
    """`dy = y * (dy - sum(dy * y))` along the last axis, in place."""
    dy -= np.einsum("...s,...s->...", dy, y)[..., np.newaxis]
    dy *= y


def dot_scores(query: Array, key: Array, scale: float | Array) -> Array:
    """`scores = scale * query @ key.T`; scaling the queries is cheaper than scaling the scores."""
    scores: Array = (query * scale) @ key.swapaxes(-1, -2)  # (..., queries, d) @ (..., d, keys) -> (..., queries, keys)
    return scores


def dot_scores_backward(dscores: Array, query: Array, key: Array, scale: float | Array) -> tuple[Array, Array]:
    """`dquery = scale * dscores @ key`, `dkey = scale * dscores.T @ query`."""
    dquery = dscores @ key  # (..., queries, keys) @ (..., keys, d)
    dquery *= scale
    dkey = dscores.swapaxes(-1, -2) @ query  # (..., keys, queries) @ (..., queries, d)
    dkey *= scale
    return dquery, dkey


def dot_attend(
    query: Array, key: Array, value: Array, scale: float, mask: Array | None, dropout: Array | None
) -> tuple[Array, Array]:
    """`attend(dot_scores(query, key, scale), value, mask, dropout)`, for a few rows of the batch at a time, on several threads.

    y has the query's memory layout, so that `unfold` after `fold` copies nothing.
    """
    weights = empty((*query.shape[:-1], key.shape[-2]), query.dtype)
    y = empty_like(query, (*query.shape[:-1], value.shape[-1]))

    def attend_rows(rows: slice) -> None:
        scores = np.matmul(query[rows] * scale, key[rows].swapaxes(-1, -2), out=weights[rows])
        own_mask, own_dropout = _of_rows(rows, weights.ndim, mask, dropout)
        attend(scores, value[rows], own_mask, own_dropout, y[rows])

    in_parallel(attend_rows, _chunks(weights.shape))
    return y, weights


def dot_attend_backward(
    dy: Array,
    dweights: Array | None,
    weights: Array,
    query: Array,
    key: Array,
    value: Array,
    scale: float,
    mask: Array | None,
    dropout: Array | None,
) -> tuple[Array, Array, Array]:
    """`attend_backward`, then `dot_scores_backward`, for as many rows at a time as `dot_attend`: dquery, dkey and dvalue."""
    dquery, dkey, dvalue = empty_like(query), empty_like(key), empty_like(value)

    def attend_rows_backward(rows: slice) -> None:
        own_dweights, own_mask, own_dropout = _of_rows(rows, weights.ndim, dweights, mask, dropout)
        dscores, dvalue[rows] = attend_backward(dy[rows], own_dweights, weights[rows], value[rows], own_mask, own_dropout)
        dquery[rows], dkey[rows] = dot_scores_backward(dscores, query[rows], key[rows], scale)

    in_parallel(attend_rows_backward, _chunks(weights.shape))
    return dquery, dkey, dvalue


def _chunks(shape: tuple[int, ...]) -> list[slice]:
    """Rows of the batch, as many at a time as have about `CHUNK` scores; all of them if they have at most two chunks' worth."""
    batch, scores_per_row = shape[0], max(1, math.prod(shape[1:]))
    size = batch if batch * scores_per_row <= 2 * CHUNK else max(1, CHUNK // scores_per_row)
    return [slice(start, start + size) for start in range(0, batch, max(1, size))]


def _of_rows(rows: slice, rank: int, *arrays: Array | None) -> list[Array | None]:
    """The part for some rows of the batch, of arrays that broadcast to the scores."""
    return [one if one is None or one.ndim < rank or len(one) == 1 else one[rows] for one in arrays]


def additive_scores(query: Array, key: Array, inner: float | Array, outer: Array) -> tuple[Array, Array]:
    """`scores[t, s] = sum_d(outer[d] * tanh(inner * (query[t, d] + key[s, d])))`.

    Args:
        query, key: (batch, queries, d), (batch, keys, d).
        inner: a number.
        outer: (d,).
    Returns:
        The scores (batch, queries, keys), and `h = tanh(inner * (query + key))`, (batch, queries, keys, d).
    """
    h = query[:, :, np.newaxis] + key[:, np.newaxis]
    h *= inner
    np.tanh(h, out=h)
    return h @ outer, h


def additive_scores_backward(
    dscores: Array, h: Array, query: Array, key: Array, inner: float | Array, outer: Array
) -> tuple[Array, Array, Array, Array]:
    """`dz = dscores * outer * (1 - h**2)`, the gradient of the argument of tanh; from it every other gradient.

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
    """The inverse of `fold`, given the sizes in front of the heads: batch and all steps."""
    others = [size for axis, size in enumerate(steps) if axis not in axes]
    heads, width = folded.shape[-3], folded.shape[-1]
    moved = folded.reshape(*others, heads, *(steps[axis] for axis in axes), width)
    return moved.transpose(np.argsort(_folding(moved.ndim, axes)))


def _folding(rank: int, axes: tuple[int, ...]) -> list[int]:
    return [*(axis for axis in range(rank - 2) if axis not in axes), rank - 2, *axes, rank - 1]
