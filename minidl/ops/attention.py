"""`dot_product_attention` as an operation: `softmax(scale * query @ key.T + bias) @ value`."""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array
from minidl.ops.activation_functions import softmax
from minidl.ops.arithmetic import where
from minidl.ops.logic import logical_and
from minidl.ops.math import abs as absolute
from minidl.ops.math import cast
from minidl.ops.matrix_products import matmul
from minidl.ops.shapes import shape, transpose

__all__ = ["dot_product_attention"]


def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: Array | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Array:
    """Attention of (batch, time, heads, features): `softmax(scale * query @ key.T + bias) @ value`.

    Args:
        query, key, value: tensors of four axes.
        bias: numbers added to the scores, broadcast to (batch, heads, queries, keys).
        mask: booleans of such a shape, false where a query must not attend to a key.
        scale: factor of the scores, `1 / sqrt(features)` by default.
        is_causal: whether a query attends to no later key.
        flash_attention: ignored.
        attn_logits_soft_cap: limit that the scores approach, or `None`.
    Example:
        >>> dot_product_attention(np.ones((1, 2, 4, 8)), np.ones((1, 3, 4, 8)), np.ones((1, 3, 4, 8))).shape
        (1, 2, 4, 8)
    """
    given = [x for x in (query, key, value, bias, mask) if x is not None]
    return _attention(given, bias is not None, mask is not None, scale, is_causal, attn_logits_soft_cap)


@composed(several=True, name="dot_product_attention")
def _attention(
    given: list[Array], has_bias: bool, has_mask: bool, scale: float | None, is_causal: bool, cap: float | None
) -> Array:
    query, key, value = (transpose(x, (0, 2, 1, 3)) for x in given[:3])  # (batch, heads, time, features)
    factor = 1.0 / float(np.sqrt(shape(query)[-1])) if scale is None else scale
    scores = matmul(query * factor, transpose(key, (0, 1, 3, 2)))  # there are fewer queries than scores
    if has_bias:
        scores = scores + given[3]
    if cap is not None:
        scores = scores / (1.0 + absolute(scores) / cap)
    if has_mask or is_causal:
        allowed = cast(given[-1], "bool") if has_mask else np.ones((), bool)
        if is_causal:
            allowed = logical_and(allowed, np.tri(*shape(scores)[-2:]) > 0)
        scores = where(allowed, scores, -0.7 * float(np.finfo(scores.dtype).max))
    return transpose(matmul(softmax(scores), value), (0, 2, 1, 3))
