"""Scores of attention to weights, and masks of pairs of a query and a key."""

import numpy as np

from minidl.interop.onnx.builder import Builder


def positions(g: Builder, x: str, axis: int, size: int | None) -> str:
    """The integers 0, 1, 2 ... along an axis of x: a constant if its size is known."""
    if size is not None:
        return g.constant(np.arange(size))
    return g.op("Range", g.constant(0, "int64"), g.op("Squeeze", g.size(x, axis)), g.constant(1, "int64"))


def causal(g: Builder, queries: str, keys: str) -> str:
    """True where a key is not behind the query, from their positions."""
    return g.op("GreaterOrEqual", g.expand_dims(queries, 1), keys)


def window(g: Builder, queries: str, keys: str, width: int) -> str:
    """True where a key is closer to the query than `width`."""
    distances = g.op("Abs", g.op("Sub", g.expand_dims(queries, 1), keys))
    return g.op("Less", distances, g.constant(width, "int64"))


def attend(g: Builder, scores: str, value: str, masks: list[str], dtype: str) -> tuple[str, str]:
    """`softmax(scores) @ value` and the weights; a query that may attend to nothing has weights of 0."""
    if not masks:
        weights = g.op("Softmax", scores, axis=-1)
        return g.op("MatMul", weights, value), weights
    allowed = masks[0]
    for other in masks[1:]:
        allowed = g.op("And", allowed, other)
    lowest = g.constant(np.finfo(dtype).min / 2, dtype)
    weights = g.op("Softmax", g.op("Where", allowed, scores, lowest), axis=-1)
    weights = g.op("Where", allowed, weights, g.constant(0.0, dtype))
    return g.op("MatMul", weights, value), weights
