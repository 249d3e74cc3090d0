"""Encode ids as rows of numbers: one-hot, multi-hot or counts."""

import numpy as np

from minidl.config.types import Array, ArrayLike, DType, Shape
from minidl.layers.layer import Layer

ENCODINGS = ("one_hot", "multi_hot", "count")


def encode(ids: Array, output_mode: str, depth: int, dtype: DType | str, count_weights: ArrayLike | None = None) -> Array:
    """Ids from 0 to `depth - 1` as rows of `depth` numbers.

    Args:
        ids: integers; an id outside the range is ignored.
        output_mode: "one_hot", a row for each id (a last axis of size 1 is dropped); "multi_hot", 1 for each id in the last
            axis; or "count", the number of occurrences.
        depth: number of different ids.
        dtype: dtype of the rows.
        count_weights: the weight of each id, with the shape of the ids; only with "count".
    """
    if output_mode == "one_hot":
        ids = ids[..., 0] if ids.ndim > 1 and ids.shape[-1] == 1 else np.atleast_1d(ids)
        return np.asarray(ids[..., np.newaxis] == np.arange(depth), dtype)  # (..., 1) == (depth,) -> (..., depth)
    ids = np.atleast_1d(ids)
    samples = ids.reshape(-1, ids.shape[-1])  # (samples, ids)
    known = (samples >= 0) & (samples < depth)
    places = (np.arange(len(samples))[:, np.newaxis] * depth + samples)[known].astype(np.intp)
    weights = None if count_weights is None else np.reshape(count_weights, samples.shape)[known]
    counts: Array = np.bincount(places, weights, minlength=len(samples) * depth)
    rows = counts > 0 if output_mode == "multi_hot" else counts
    return rows.astype(dtype).reshape(*ids.shape[:-1], depth)


def encoded_shape(input_shape: Shape, output_mode: str, depth: int) -> Shape:
    """The shape of `encode`'s result for ids of that shape."""
    if output_mode == "one_hot" and (len(input_shape) == 1 or input_shape[-1:] != (1,)):
        return (*input_shape, depth)
    return (*input_shape[:-1], depth)


def as_ids(layer: Layer, x: Array, depth: int) -> Array:
    """Check that all ids are integers from 0 to `depth - 1`, of any dtype; errors name the layer."""
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{layer.title} expects ids as whole numbers, got an array of type {x.dtype}; number them first")
    wrong = ~((x >= 0) & (x < depth))  # NaN is wrong too
    if wrong.any():
        raise ValueError(
            f"{layer.title} expects ids from 0 to {depth - 1}, got {x[wrong][0]}; "
            f"raise num_tokens, or map unknown values to an id of their own"
        )
    ids: Array = x.astype(np.intp)
    if x.dtype.kind == "f" and (ids != x).any():
        raise ValueError(f"{layer.title} expects ids as whole numbers, got {x[ids != x][0]}")
    return ids


def check_dense(owner: str, sparse: bool) -> bool:
    """The argument `sparse`, which may only be `False`."""
    if sparse:
        raise ValueError(f"{owner} makes dense rows, got sparse={sparse!r}; leave it out")
    return False
