"""`AdditiveAttention`: attention whose scores are sums of hyperbolic tangents."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.types import Array, Cache, Shape
from minidl.kernels import attention as kernels
from minidl.layers.attention.base_attention import BaseAttention
from minidl.layers.options import LayerOptions


class AdditiveAttention(BaseAttention):
    """Additive attention: `y = softmax(sum(scale * tanh(query + key))) @ value`.

    Called as `Attention` is: with `[query, value]` or `[query, value, key]`, `mask`, `return_attention_scores` and
    `use_causal_mask`.

    Args:
        use_scale: whether each feature's tanh is multiplied by a learned factor.
        dropout: fraction of the weights dropped in training, in [0, 1).
        seed: seed of dropout; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        query (batch, queries, features), value (batch, keys, any), key (batch, keys, features) -> y (batch, queries, any), and
        the weights (batch, queries, keys); scale (features,). Needs memory for queries * keys * features numbers per row.
        More axes before the steps are treated like the batch, as in (batch, rows, steps, features).
    Raises:
        ValueError: `dropout` is not in [0, 1), or inputs that do not fit one another or the scale.
    Source: Bahdanau, Cho & Bengio 2015.
    Example:
        >>> query, value = np.ones((1, 2, 3)), np.arange(12.0).reshape(1, 4, 3)
        >>> AdditiveAttention()([query, value]).shape
        (1, 2, 3)
    """

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(dropout, seed, **kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: list[Shape]) -> None:
        features = input_shape[0][-1]
        if self.use_scale:
            if features is None:
                raise ValueError(f"{self.title} needs to know the size of its query's last axis, got shapes {input_shape}")
            self.scale = self.add_weight((features,), "glorot_uniform", name="scale")

    def scores(self, query: Array, key: Array) -> tuple[Array, Cache]:
        """`sum(scale * tanh(query + key))` over the features."""
        scale = self.scale.value if self.use_scale else np.ones(query.shape[-1], query.dtype)
        scores, h = kernels.additive_scores(query, key, 1.0, scale)
        return scores, (query, key, h, scale)

    def scores_backward(self, dscores: Array, cache: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        """`dquery` and `dkey` are the gradient of the argument of tanh, summed over keys and over queries."""
        query, key, h, scale = cache
        dquery, dkey, _, dscale = kernels.additive_scores_backward(dscores, h, query, key, 1.0, scale)
        if self.use_scale:
            self.scale.grad += dscale
        return dquery, dkey

    def check_features(self, query: Shape, key: Shape) -> None:
        """Raise ValueError for different numbers of features, or another than the layer was built for."""
        super().check_features(query, key)
        if self.built and self.use_scale and query[-1] != self.scale.shape[0]:
            raise ValueError(
                f"{self.title} expects queries of {self.scale.shape[0]} features, got shape {query}; "
                f"its scale was made for {self.scale.shape[0]} features"
            )
