"""`BaseAttention`: the base of `Attention` and `AdditiveAttention`, which differ in the score of a query and a key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Options, Shape, Tensors
from minidl.kernels.attention import attend, attend_backward
from minidl.layers.attention.masks import causal_mask, dropout_mask
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class BaseAttention(Layer):
    """`y = softmax(scores(query, key)) @ value`: for each query a mean of the values, weighted by the scores of their keys.

    A leaf defines `scores` and `scores_backward`. Inputs, masks, softmax, dropout and shapes are here.
    """

    supports_masking = True

    def __init__(self, dropout: float, seed: int | None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.dropout = check_real(type(self).__name__, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def bind_call(
        self,
        inputs: Sequence[Array],
        mask: Tensors = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        **options: Any,
    ) -> tuple[Arrays, Options]:
        """The arguments of a call, the attention of a query to values.

        Args:
            inputs: the list `[query, value]` or `[query, value, key]`; the key is the value by default.
            mask: the list `[query_mask, value_mask]` of booleans (batch, steps); by default the masks of the tensors.
            training: whether dropout is applied.
            return_attention_scores: whether the weights are returned too.
            use_causal_mask: whether a query attends only to keys at its own and earlier positions.
        """
        self.check_masks(inputs, mask)
        flags = {"return_attention_scores": return_attention_scores, "use_causal_mask": use_causal_mask}
        options |= {name: True for name in flags if flags[name]}
        return inputs, {"mask": mask, "training": training, **options}

    def scores(self, query: Array, key: Array) -> tuple[Array, Cache]:
        """The scores (batch, queries, keys), a new array, and the cache of `scores_backward`."""
        raise TypeError(f"{self.title} defines no scores(query, key); it returns (scores, cache)")

    def scores_backward(self, dscores: Array, cache: Cache) -> tuple[Array, Array]:
        """The gradients of query and key; adds those of the weights."""
        raise TypeError(f"{self.title} defines no scores_backward(dscores, cache); it returns (dquery, dkey)")

    def forward(
        self,
        x: Tensors,
        training: bool = False,
        mask: list[Array | None] | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Tensors, Cache]:
        """`y = softmax(scores(query, key)) @ value`, 0 where a query is masked."""
        front = x[0].shape[:-2]  # (batch,) or more axes, folded into one
        query, value, key = [_folded(one, 2) for one in (x if len(x) == 3 else (*x, x[1]))]
        masks = (None, None) if mask is None else mask[:2]
        query_mask, value_mask = [_folded_mask(one, values.shape[:-1]) for one, values in zip(masks, x, strict=False)]
        scores, scores_cache = self.scores(query, key)
        pairs = None if value_mask is None else value_mask[:, np.newaxis]  # (batch, 1, keys)
        if use_causal_mask:
            causal = causal_mask(query.shape[1], key.shape[1])
            pairs = causal if pairs is None else pairs & causal
        dropout = dropout_mask(self._random, scores.shape, self.dropout, x[0].dtype) if training and self.dropout else None
        y, weights = attend(scores, value, pairs, dropout)
        rows = None if query_mask is None else query_mask[..., np.newaxis]  # (batch, queries, 1)
        if rows is not None:
            y *= rows
        cache = (len(x), front, value, scores_cache, pairs, dropout, weights, rows)
        y = y.reshape(*front, *y.shape[1:])
        if return_attention_scores:
            shown = weights if dropout is None else weights * dropout
            return (y, shown.reshape(*front, *shown.shape[1:])), cache
        return y, cache

    def backward(self, dy: Tensors, cache: Cache) -> list[Array]:
        """Through the weighted mean to the value, and through softmax and scores to query and key."""
        inputs, front, value, scores_cache, pairs, dropout, weights, rows = cache
        dy, dweights = [_folded(one, 2) for one in (dy if isinstance(dy, tuple) else (dy, None))]
        if dy is None:
            dy = np.zeros((*weights.shape[:-1], value.shape[-1]), value.dtype)
        if rows is not None:
            dy = dy * rows
        if dweights is not None and dropout is not None:
            dweights = dweights * dropout
        dscores, dvalue = attend_backward(dy, dweights, weights, value, pairs, dropout)
        dquery, dkey = self.scores_backward(dscores, scores_cache)
        dx = [dquery, dvalue, dkey] if inputs == 3 else [dquery, dvalue + dkey]
        return [one.reshape(*front, *one.shape[1:]) for one in dx]

    def check_masks(self, inputs: Tensors, mask: Array | list[Array | None] | None) -> None:
        """Raise ValueError unless masks are given as a list of two or three, no more than inputs."""
        if mask is None:
            return
        if not isinstance(mask, (list, tuple)) or not 2 <= len(mask) <= max(len(inputs), 2):
            given = f"{len(mask)} masks" if isinstance(mask, (list, tuple)) else f"a {type(mask).__name__}"
            raise ValueError(f"{self.title} expects mask to be a list [query_mask, value_mask], `None` for none, got {given}")

    def compute_mask(self, inputs: list[Array], mask: list[Array | None] | None = None) -> Array | None:
        """The query's mask."""
        self.check_masks(inputs, mask)
        return None if mask is None else mask[0]

    def compute_output_shape(
        self, input_shape: list[Shape], return_attention_scores: bool = False
    ) -> Shape | tuple[Shape, Shape]:
        query, value = input_shape[:2]
        y: Shape = (*query[:-1], value[-1])
        return (y, (*query[:-1], value[-2])) if return_attention_scores else y

    def check_input(self, shape: AnyShapes) -> None:
        several = isinstance(shape, list) or (isinstance(shape, tuple) and shape and isinstance(shape[0], tuple))
        if not several or not 2 <= len(shape) <= 3:
            what = f"shapes {list(shape)}" if several else f"one of shape {shape}"
            raise ValueError(f"{self.title} expects a list of inputs, [query, value] or [query, value, key], got {what}")
        query, value, key = shape if len(shape) == 3 else (*shape, shape[1])
        if any(len(one) < 3 or len(one) != len(query) for one in shape):
            raise ValueError(f"{self.title} expects inputs of shape (batch, ..., steps, features), got shapes {list(shape)}")
        if any(len({one[axis] for one in shape} - {None}) > 1 for axis in range(len(query) - 2)):
            what = "with the same number of rows" if len(query) == 3 else "of the same sizes before the steps"
            raise ValueError(f"{self.title} expects inputs {what}, got shapes {list(shape)}")
        if len({value[-2], key[-2]} - {None}) > 1:
            raise ValueError(f"{self.title} expects a key for each value, got shapes {value} and {key} of value and key")
        self.check_features(query, key)

    def check_features(self, query: Shape, key: Shape) -> None:
        """Raise ValueError for queries and keys of different numbers of features."""
        if len({query[-1], key[-1]} - {None}) > 1:
            raise ValueError(
                f"{self.title} expects queries and keys with the same number of features, got shapes {query} and {key}; "
                f"project them with Dense, or use MultiHeadAttention, which has its own projections"
            )


def _folded(array: Tensors, kept: int) -> Tensors:
    """The array with all axes but its last ones joined: (batch, ..., steps, features) -> (batch * ..., steps, features)."""
    if array is None:
        return None
    front, back = np.shape(array)[: np.ndim(array) - kept], np.shape(array)[np.ndim(array) - kept :]
    return np.reshape(array, (math.prod(front), *back))


def _folded_mask(mask: Array | None, steps: tuple[int, ...]) -> Tensors:
    """The mask of all steps, (batch * ..., steps), from one of the first axes; the others are broadcast."""
    if mask is None:
        return None
    whole = np.asarray(mask, bool)
    return _folded(np.broadcast_to(whole.reshape(whole.shape + (1,) * (len(steps) - whole.ndim)), steps), 1)
