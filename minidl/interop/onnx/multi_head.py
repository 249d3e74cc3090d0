"""`MultiHeadAttention` and `GroupQueryAttention`."""

from collections.abc import Sequence

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array
from minidl.interop.onnx.builder import Builder, Masked, Tensor, product
from minidl.interop.onnx.pair_masks import attend, causal, positions, window
from minidl.kernels.attention import _folding
from minidl.layers.attention.base_multi_head import BaseMultiHeadAttention
from minidl.layers.attention.projection import Projection

MASKS = ("query_mask", "value_mask", "key_mask", "attention_mask")


def multi_head(
    g: Builder,
    layer: BaseMultiHeadAttention,
    x: Tensor | list[Tensor],
    mask: list[Tensor] | None,
    symbolic_masks: Sequence[str] = (),
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
    **masks: object,
) -> Masked:
    """Project to heads, attend in each, and project back."""
    tensors, carried = flatten(x), flatten(mask)
    if len(tensors) == 1:
        tensors, carried = tensors * 3, carried * 3
    elif len(tensors) == 2:
        tensors = [*tensors, tensors[1]]
    query, value, key = tensors[:3]
    given = dict(zip(MASKS[:3], carried, strict=False))
    given |= {name: one for name, one in masks.items() if one is not None}
    given |= dict(zip(symbolic_masks, tensors[3:], strict=True))
    found = {name: _as_mask(g, one) for name, one in given.items() if one is not None}
    axes = layer.attended_axes(query.rank)
    q = _folded(g, _projected(g, layer.query_dense, query, "query"), query.rank + 1, axes)
    k = _repeated(g, layer, _folded(g, _projected(g, layer.key_dense, key, "key"), key.rank + 1, axes), key.rank, axes)
    v = _repeated(g, layer, _folded(g, _projected(g, layer.value_dense, value, "value"), value.rank + 1, axes), key.rank, axes)
    folded_rank = query.rank + 2 - len(axes)
    q = g.op("Mul", q, g.constant(layer._scale(), layer.dtype))
    swapped = [*range(folded_rank - 2), folded_rank - 1, folded_rank - 2]
    scores = g.op("MatMul", q, g.op("Transpose", k, perm=swapped))
    parts = _pair_masks(g, layer, found, (query, key), axes, use_causal_mask, scores, folded_rank)
    heads, weights = attend(g, scores, v, parts, layer.dtype)
    heads = _unfolded(g, heads, query, axes, layer._value_width)
    if layer.use_gate:
        heads = g.op("Mul", heads, g.op("Sigmoid", _projected(g, layer.gate_dense, query, "gate")))
    output = _projected_back(g, layer.output_dense, heads, query.rank)
    y = g.tensor(output, (*query.shape[:-1], *layer.output_axes(query.shape)), layer.dtype)
    y_mask = mask[0] if isinstance(mask, (list, tuple)) else mask
    if not return_attention_scores:
        return Masked(y, y_mask)
    steps = [one.shape[axis] for one in (query, key) for axis in axes]
    others = [query.shape[axis] for axis in range(query.rank - 1) if axis not in axes]
    if len(axes) > 1:
        front = g.op("Shape", weights, start=0, end=-2)
        ends = [g.op("Gather", g.op("Shape", g.plain(one)), g.integers(*axes)) for one in (query, key)]
        weights = g.op("Reshape", weights, g.op("Concat", front, *ends, axis=0))
    return Masked((y, g.tensor(weights, (*others, layer._query_heads, *steps), layer.dtype)), y_mask)


def _as_mask(g: Builder, mask: Array | Tensor) -> Tensor:
    if isinstance(mask, Tensor):
        return g.cast(mask, "bool")
    array = np.asarray(mask).astype(bool)
    return g.tensor(g.constant(array), array.shape, "bool")


def _projected(g: Builder, projection: Projection, x: Tensor, name: str) -> str:
    """(batch, steps ..., features) -> (batch, steps ..., heads, width)."""
    with g.inside(name):
        z = g.op("MatMul", g.plain(x), g.weight("kernel", projection.matrix()))
        if projection.use_bias:
            z = g.op("Add", z, g.weight("bias", projection.bias.value.ravel()))
        return g.op("Reshape", z, g.integers(*(0,) * (x.rank - 1), *projection.output_axes))


def _projected_back(g: Builder, projection: Projection, heads: str, rank: int) -> str:
    """(batch, steps ..., heads, width) -> (batch, steps ..., *output_axes)."""
    with g.inside("attention_output"):
        rows = g.op("Reshape", heads, g.integers(*(0,) * (rank - 1), projection._contracted_size()))
        z = g.op("MatMul", rows, g.weight("kernel", projection.matrix()))
        if projection.use_bias:
            z = g.op("Add", z, g.weight("bias", projection.bias.value.ravel()))
        axes = projection.output_axes
        return z if len(axes) == 1 else g.op("Reshape", z, g.integers(*(0,) * (rank - 1), *axes))


def _folded(g: Builder, z: str, rank: int, axes: tuple[int, ...]) -> str:
    """(batch, steps ..., heads, width) -> (batch, other steps ..., heads, steps, width), those along `axes` as one axis."""
    z = g.op("Transpose", z, perm=_folding(rank, axes))
    if len(axes) == 1:
        return z
    front = rank - 1 - len(axes)
    return g.op("Reshape", z, g.op("Concat", g.op("Shape", z, start=0, end=front), g.integers(-1), g.size(z, rank - 1), axis=0))


def _unfolded(g: Builder, folded: str, query: Tensor, axes: tuple[int, ...], width: int) -> str:
    """The inverse of `_folded`."""
    rank = query.rank + 1
    if len(axes) > 1:
        front = g.op("Shape", folded, start=0, end=-2)
        steps = g.op("Gather", g.op("Shape", g.plain(query)), g.integers(*axes))
        folded = g.op("Reshape", folded, g.op("Concat", front, steps, g.integers(width), axis=0))
    return g.op("Transpose", folded, perm=[int(axis) for axis in np.argsort(_folding(rank, axes))])


def _repeated(g: Builder, layer: BaseMultiHeadAttention, heads: str, rank: int, axes: tuple[int, ...]) -> str:
    """Each head of keys or values as often as there are heads of queries for it."""
    groups = layer._query_heads // layer._key_heads
    if groups == 1:
        return heads
    indices = g.integers(*np.repeat(np.arange(layer._key_heads), groups).tolist())
    return g.op("Gather", heads, indices, axis=rank + 2 - len(axes) - 3)


def _pair_masks(
    g: Builder,
    layer: BaseMultiHeadAttention,
    masks: dict[str, Tensor],
    tensors: tuple[Tensor, Tensor],
    axes: tuple[int, ...],
    use_causal_mask: bool,
    scores: str,
    rank: int,
) -> list[str]:
    """Every mask in a shape that broadcasts to the scores, (batch, other steps ..., heads, queries, keys)."""
    query, key = tensors
    parts = [_step_mask(g, masks["query_mask"], query, axes, rank, False)] if "query_mask" in masks else []
    parts += [_step_mask(g, masks[name], key, axes, rank, True) for name in ("value_mask", "key_mask") if name in masks]
    if use_causal_mask or layer.sliding_window is not None:
        counts = [product([one.shape[axis] for axis in axes]) for one in tensors]
        queries, keys = (positions(g, scores, rank - 2 + number, count) for number, count in enumerate(counts))
        parts += [causal(g, queries, keys)] if use_causal_mask else []
        parts += [] if layer.sliding_window is None else [window(g, queries, keys, layer.sliding_window)]
    if "attention_mask" in masks:
        mask = masks["attention_mask"]
        front = mask.rank - 2 * len(axes)
        name = g.expand_dims(g.plain(mask), *range(front, rank - 2))
        if len(axes) > 1:
            flat = [g.op("ReduceProd", g.op("Gather", g.op("Shape", g.plain(one)), g.integers(*axes))) for one in tensors]
            flat = [g.op("Reshape", one, g.integers(1)) for one in flat]
            name = g.op("Reshape", name, g.op("Concat", g.op("Shape", name, start=0, end=rank - 2), *flat, axis=0))
        parts.append(name)
    return parts


def _step_mask(g: Builder, mask: Tensor, x: Tensor, axes: tuple[int, ...], rank: int, of_keys: bool) -> str:
    steps = x.rank - 1
    whole = g.expand_dims(g.plain(mask), *range(mask.rank, steps))
    if len(axes) > 1:
        whole = g.op("Expand", whole, g.op("Shape", g.plain(x), start=0, end=steps))
    folded = _folded(g, g.expand_dims(whole, steps, steps + 1), steps + 2, axes)
    return g.op("Transpose", folded, perm=[*range(rank - 2), rank - 1, rank - 2]) if of_keys else folded
