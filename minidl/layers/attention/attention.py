"""`Attention`: attention whose scores are products of query and key."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.types import Array, Cache, Shape
from minidl.kernels import attention as kernels
from minidl.layers.argument_checks import check_choice
from minidl.layers.attention.base_attention import BaseAttention
from minidl.layers.options import LayerOptions


class Attention(BaseAttention):
    """Dot-product attention: `y = softmax(scale * query @ key.T) @ value`.

    Called with a list, `[query, value]` or `[query, value, key]`; the key is the value by default. The call also takes
    `mask=[query_mask, value_mask]`, `return_attention_scores` (the weights become a second output) and `use_causal_mask` (a
    query attends to no later key).

    Args:
        use_scale: whether the scores are multiplied by a learned number.
        score_mode: "dot" for the product; "concat" for `weight * sum(tanh(scale * (query + key)))`, with a learned weight.
        dropout: fraction of the weights dropped in training, in [0, 1).
        seed: seed of dropout; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        query (batch, queries, features), value (batch, keys, any), key (batch, keys, features) -> y (batch, queries, any), and
        the weights (batch, queries, keys). Masks (batch, queries) and (batch, keys): masked values get no weight, the output
        of a masked query is 0. A query that may attend to nothing gets an output of 0; in Keras all
        values have equal weights.
        More axes before the steps are treated like the batch, as in (batch, rows, steps, features).
    Raises:
        ValueError: an argument outside its range, or inputs that do not fit one another.
    Source: Luong, Pham & Manning 2015.
    Example:
        >>> query, value = np.ones((1, 2, 3)), np.arange(12.0).reshape(1, 4, 3)
        >>> Attention()([query, value]).shape
        (1, 2, 3)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(dropout, seed, **kwargs)
        self.use_scale = use_scale
        self.score_mode = check_choice("Attention", "score_mode", score_mode, ("dot", "concat"))

    def build(self, input_shape: list[Shape]) -> None:
        if self.use_scale:
            self.scale = self.add_weight((), "ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores(self, query: Array, key: Array) -> tuple[Array, Cache]:
        """`scale * query @ key.T`, or `weight * sum(tanh(scale * (query + key)))`."""
        if self.score_mode == "dot":
            return kernels.dot_scores(query, key, self._scale()), (query, key)
        outer = np.full(query.shape[-1], self.concat_score_weight.value)
        scores, h = kernels.additive_scores(query, key, self._scale(), outer)
        return scores, (query, key, h, outer)

    def scores_backward(self, dscores: Array, cache: Cache) -> tuple[Array, Array]:
        """`dscale = sum(query * dquery)`, before dquery is multiplied by the scale."""
        if self.score_mode == "dot":
            query, key = cache
            dquery, dkey = kernels.dot_scores_backward(dscores, query, key, 1.0)
            dscale = np.vdot(query, dquery)
            dquery *= self._scale()
            dkey *= self._scale()
        else:
            query, key, h, outer = cache
            dquery, dkey, dscale, douter = kernels.additive_scores_backward(dscores, h, query, key, self._scale(), outer)
            self.concat_score_weight.grad += douter.sum()
        if self.use_scale:
            self.scale.grad += dscale
        return dquery, dkey

    def _scale(self) -> float:
        return self.scale.value if self.use_scale else 1.0
