"""Attention layers and encodings of positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.interop.onnx.builder import Builder, Masked, Tensor
from minidl.interop.onnx.multi_head import multi_head
from minidl.interop.onnx.pair_masks import attend, causal, positions
from minidl.layers.attention.additive_attention import AdditiveAttention
from minidl.layers.attention.attention import Attention
from minidl.layers.attention.group_query_attention import GroupQueryAttention
from minidl.layers.attention.multi_head_attention import MultiHeadAttention
from minidl.layers.attention.positions import PositionEmbedding, SinePositionEncoding
from minidl.layers.layer import Layer


def attention(
    g: Builder,
    layer: Layer,
    x: list[Tensor],
    mask: Array | None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Masked:
    """`Attention` and `AdditiveAttention`: `softmax(scores) @ value`."""
    query, value, key = x if len(x) == 3 else (*x, x[1])
    query_mask, value_mask = (None, None) if mask is None else mask[:2]
    q, v, k = (g.plain(one) for one in (query, value, key))
    parts = [] if value_mask is None else [g.expand_dims(g.plain(value_mask), -2)]
    if use_causal_mask:
        steps = query.rank - 2
        parts.append(causal(g, positions(g, q, steps, query.shape[steps]), positions(g, k, steps, key.shape[steps])))
    y, weights = attend(g, _scores(g, layer, query, q, k), v, parts, layer.dtype)
    if query_mask is not None:
        y = g.op("Mul", y, g.op("CastLike", g.expand_dims(g.plain(query_mask), -1), y))
    shape = (*query.shape[:-1], value.shape[-1])
    output = g.tensor(y, shape, layer.dtype)
    scores = g.tensor(weights, (*query.shape[:-1], key.shape[-2]), layer.dtype)
    return Masked((output, scores) if return_attention_scores else output, query_mask)


def _scores(g: Builder, layer: Any, query: Tensor, q: str, k: str) -> str:
    if isinstance(layer, AdditiveAttention):
        outer = layer.scale.value if layer.use_scale else np.ones(query.shape[-1] or 1, layer.dtype)
        return _additive(g, q, k, g.weight("scale", outer))
    scaled = g.op("Mul", q, g.weight("scale", layer.scale.value)) if layer.use_scale else q
    if layer.score_mode == "dot":
        return g.op("MatMul", scaled, g.op("Transpose", k, perm=(*range(query.rank - 2), query.rank - 1, query.rank - 2)))
    scaled_key = g.op("Mul", k, g.weight("scale", layer.scale.value)) if layer.use_scale else k
    return _additive(g, scaled, scaled_key, g.weight("concat_score_weight", layer.concat_score_weight.value))


def _additive(g: Builder, q: str, k: str, outer: str) -> str:
    """`sum(outer * tanh(query + key))` over the features."""
    together = g.op("Add", g.expand_dims(q, -2), g.expand_dims(k, -3))
    return g.op("ReduceSum", g.op("Mul", g.op("Tanh", together), outer), g.integers(-1), keepdims=0)


def position_embedding(g: Builder, layer: PositionEmbedding, x: Tensor, mask: Tensor | None, start_index: int = 0) -> str:
    """A vector for each position, the same for all rows."""
    name, steps = g.plain(x), x.shape[-2]
    if steps is not None:
        table = g.weight("embeddings", layer.embeddings.value[start_index : start_index + steps])
    else:
        start = g.integers(start_index)
        stop = g.op("Add", g.size(name, x.rank - 2), start)
        table = g.op("Slice", g.weight("embeddings", layer.embeddings.value), start, stop, g.integers(0))
    return g.op("Expand", table, g.op("Shape", name))


def sine_position(g: Builder, layer: SinePositionEncoding, x: Tensor, mask: Tensor | None, start_index: int = 0) -> str:
    """Sines and cosines of the positions, with wavelengths up to `max_wavelength`."""
    name, steps = g.plain(x), x.shape[-2]
    features = x.shape[-1] or 1
    if steps is not None:
        return g.op(
            "Expand",
            g.weight("positions", layer.infer(np.zeros((steps, features), x.dtype), start_index=start_index)),
            g.op("Shape", name),
        )
    waves = layer.max_wavelength ** (np.arange(features) // 2 * 2 / features)
    places = g.op("Cast", g.op("Add", positions(g, name, x.rank - 2, None), g.constant(start_index, "int64")), to=11)
    angles = g.op("Div", g.expand_dims(places, 1), g.constant(waves, "float64"))
    quarter = g.constant(np.arange(features) % 2 * np.pi / 2, "float64")  # cosines as sines: runtimes of 2024 have no others
    encoding = g.op("Sin", g.op("Add", angles, quarter))
    return g.op("Expand", g.op("CastLike", encoding, name), g.op("Shape", name))


LAYERS: dict[type, Callable[..., object]] = {
    AdditiveAttention: attention,
    Attention: attention,
    GroupQueryAttention: multi_head,
    MultiHeadAttention: multi_head,
    PositionEmbedding: position_embedding,
    SinePositionEncoding: sine_position,
}
