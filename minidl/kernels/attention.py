"""Attention: `y = softmax(scores(query, key)) @ value`, each forward function followed by its backward one.

Shapes are (..., queries, features), (..., keys, features) and (..., keys, features) for query, key and value; the products are
stacked over the axes in front. Scores are (..., queries, keys), and so are, after broadcasting, the two masks:
    mask: booleans, False where a query must not attend to a key; or `None`.
    dropout: dropout mask of the weights, 0 or `1 / (1 - rate)`; or `None`.
"""

import math

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.softmax import softmax_rows, softmax_rows_backward
from minidl.kernels.in_use import in_use
from minidl.kernels.memory import empty, empty_like
from minidl.kernels.threads import in_parallel, threads

CHUNK = 1 << 19  # bytes of scores computed at once: they stay in a core's cache, and threads rarely wait for Python's lock


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
    dy: Array,
    dweights: Array | None,
    weights: Array,
    value: Array,
    mask: Array | None,
    dropout: Array | None,
    out: Array | None = None,
) -> tuple[Array, Array]:
    """`dscores = weights * (dw - sum(dw * weights))`, `dw = (dy @ value.T) * dropout`; `dvalue = (weights * dropout).T @ dy`.

    Args:
        dy: gradient of y.
        dweights: gradient of the weights before dropout, if they were an output too; or `None`.
        weights, value, mask, dropout: as `attend` got or returned them.
        out: an array for dvalue, or `None` for a new one.
    Returns:
        dscores and dvalue.
    """
    dw: Array = dy @ _transposed(value)  # (..., queries, features) @ (..., features, keys) -> (..., queries, keys)
    if dropout is not None:
        dw *= dropout
    if dweights is not None:
        dw += dweights
    in_use[softmax_rows_backward](dw, weights)
    dscores = dw  # 0 at masked scores
    dropped = weights if dropout is None else weights * dropout
    return dscores, np.matmul(dropped.swapaxes(-1, -2), dy, out=out)


def dot_scores(query: Array, key: Array, scale: float | Array, out: Array | None = None) -> Array:
    """`scores = scale * query @ key.T`; scaling the queries is cheaper than scaling the scores."""
    # (..., queries, d) @ (..., d, keys) -> (..., queries, keys)
    return np.matmul(query * scale, _transposed(key), out=out)


def dot_scores_backward(
    dscores: Array, query: Array, key: Array, scale: float | Array, out: tuple[Array | None, Array | None] = (None, None)
) -> tuple[Array, Array]:
    """`dquery = scale * dscores @ key`, `dkey = scale * dscores.T @ query`, written to `out` or to new arrays."""
    dquery: Array = np.matmul(dscores, key, out=out[0])  # (..., queries, keys) @ (..., keys, d)
    dquery *= scale
    dkey: Array = np.matmul(dscores.swapaxes(-1, -2), query, out=out[1])  # (..., keys, queries) @ (..., queries, d)
    dkey *= scale
    return dquery, dkey


def _transposed(z: Array) -> Array:
    """Exchange the last two axes, also in memory: 16 products of 64 rows then take 40 instead of 64 us, and the copy 11."""
    return np.ascontiguousarray(z.swapaxes(-1, -2))


def dot_attend(
    query: Array, key: Array, value: Array, scale: float, mask: Array | None, dropout: Array | None
) -> tuple[Array, Array]:
    """`attend(dot_scores(query, key, scale), value, mask, dropout)`, for a few rows of the batch at a time, on several threads.

    y has the query's memory layout, so that `unfold` after `fold` copies nothing.
    """
    weights = empty((*query.shape[:-1], key.shape[-2]), query.dtype)
    y = empty_like(query, (*query.shape[:-1], value.shape[-1]))

    def attend_rows(rows: slice) -> None:
        scores = dot_scores(query[rows], key[rows], scale, weights[rows])
        own_mask, own_dropout = _of_rows(rows, weights.ndim, mask, dropout)
        attend(scores, value[rows], own_mask, own_dropout, y[rows])

    in_parallel(attend_rows, _chunks(weights))
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
    out: tuple[Array, Array, Array] | None = None,
) -> tuple[Array, Array, Array]:
    """`attend_backward`, then `dot_scores_backward`, for as many rows at a time as `dot_attend`.

    Returns:
        dquery, dkey and dvalue, in `out` or in new arrays.
    """
    dquery, dkey, dvalue = (empty_like(query), empty_like(key), empty_like(value)) if out is None else out

    def attend_rows_backward(rows: slice) -> None:
        own_dweights, own_mask, own_dropout = _of_rows(rows, weights.ndim, dweights, mask, dropout)
        own = (dy[rows], own_dweights, weights[rows], value[rows], own_mask, own_dropout)
        dscores, _ = attend_backward(*own, out=dvalue[rows])
        dot_scores_backward(dscores, query[rows], key[rows], scale, (dquery[rows], dkey[rows]))

    in_parallel(attend_rows_backward, _chunks(weights))
    return dquery, dkey, dvalue


def _chunks(scores: Array) -> list[slice]:
    """Rows of the batch, equally many at a time, with about `CHUNK` bytes of scores, and as many chunks for each thread."""
    count = -(-scores.nbytes // CHUNK)
    if count > 1:
        count += -count % threads()
    size = max(1, -(-len(scores) // max(1, count)))
    return [slice(start, start + size) for start in range(0, len(scores), size)]


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
