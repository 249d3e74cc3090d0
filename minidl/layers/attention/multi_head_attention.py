"""`MultiHeadAttention`: several heads attend at once, each in a projection of its own."""

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Shape
from minidl.layers.attention.heads import HeadedAttention


class MultiHeadAttention(HeadedAttention):
    """Attention in several heads: `y = concatenate(softmax(q @ k.T / sqrt(key_dim)) @ v for each head) @ output kernel`.

    In each head q, k and v are the query, key and value projected: `query @ kernel + bias`, and so on. Called as
    `layer(query, value, key=None)`; without keys the values are the keys, and one input alone, `layer(x)`, attends to itself.
    The call takes further masks by name, `query_mask`, `value_mask`, `key_mask` (those that travel in a model come by
    themselves) and `attention_mask`; `use_causal_mask` (no query sees a later value), and `return_attention_scores` (the
    weights before dropout become a second output). A query sees a key where all masks let it.

    Args:
        num_heads: number of heads.
        key_dim: features of a head's query and key.
        value_dim: features of a head's value; `key_dim` by default.
        dropout: share of the weights that is dropped in training, in [0, 1).
        use_bias: whether the projections have biases.
        output_shape: sizes of the axes behind the output's steps; by default the query's number of features.
        attention_axes: the axes along which steps look at one another; all between batch and features by default.
        sliding_window: how far a query sees, to both sides: keys at fewer than so many places from its own; `None` for all.
        flash_attention: accepted for Keras's sake; nothing changes.
        kernel_initializer, bias_initializer: how the projections start.
        kernel_regularizer, bias_regularizer: penalties on the projections' weights.
        activity_regularizer: penalty on the output of each projection.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        use_gate: whether what the heads found is multiplied by a gate, `sigmoid(query @ kernel + bias)`.
        seed: makes the draws repeatable; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        query (batch, queries, features), value and key (batch, keys, any) -> y (batch, queries, output), and the weights
        (batch, heads, queries, keys). Kernels (features, heads, key_dim) or (features, heads, value_dim), that of the output
        (heads, value_dim, output). attention_mask (queries, keys), (batch, queries, keys) or (batch, heads, queries, keys).
        A query that may attend to nothing gives all values equal weights, whatever the call; Keras gives them none as soon as
        the scores are returned or there is dropout.
    Raises:
        ValueError: an argument outside its range, or inputs or masks that do not fit one another.
    Source: Vaswani et al. 2017.
    Example:
        >>> x = np.ones((2, 5, 8))
        >>> y, scores = MultiHeadAttention(num_heads=2, key_dim=4)(x, x, return_attention_scores=True, use_causal_mask=True)
        >>> y.shape, scores.shape
        ((2, 5, 8), (2, 2, 5, 5))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.num_heads = check_positive_integer("MultiHeadAttention", "num_heads", num_heads)
        self.key_dim = check_positive_integer("MultiHeadAttention", "key_dim", key_dim)
        self.value_dim = check_positive_integer("MultiHeadAttention", "value_dim", value_dim or key_dim)
        self.output_shape = None if output_shape is None else _several("output_shape", output_shape, least=1)
        self.attention_axes = None if attention_axes is None else _several("attention_axes", attention_axes, least=-9)
        self.flash_attention = flash_attention
        super().__init__(
            self.num_heads,
            self.num_heads,
            self.key_dim,
            self.value_dim,
            dropout,
            use_bias,
            sliding_window,
            (kernel_initializer, kernel_regularizer, kernel_constraint),
            (bias_initializer, bias_regularizer, bias_constraint),
            activity_regularizer,
            use_gate,
            seed,
            **kwargs,
        )

    def output_axes(self, query_shape: Shape) -> Shape:
        """`output_shape`, or the query's features."""
        return query_shape[-1:] if self.output_shape is None else self.output_shape

    def attended_axes(self, rank: int) -> tuple[int, ...]:
        """`attention_axes`, counted from the front; by default all between batch and features."""
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        return tuple(axis + rank if axis < 0 else axis for axis in self.attention_axes)


def _several(argument: str, value: Any, least: int) -> tuple[int, ...]:
    """One integer or several, as a tuple; each of at least `least`."""
    several = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    whole = all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) and one >= least for one in several)
    if not several or not whole:
        raise ValueError(
            f"MultiHeadAttention expects {argument} to be an integer of at least {least}, or several, got {value!r}"
        )
    return tuple(int(one) for one in several)
