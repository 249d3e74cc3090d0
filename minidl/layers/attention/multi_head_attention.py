"""`MultiHeadAttention`: attention in several heads, each with its own projections."""

from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.layers.attention.base_multi_head import BaseMultiHeadAttention


class MultiHeadAttention(BaseMultiHeadAttention):
    """Attention in several heads: each is `softmax(q @ k.T / sqrt(key_dim)) @ v`, and a kernel projects all of them to `y`.

    In each head q, k and v are projections of query, key and value: `q = query @ kernel + bias`, and so on. Called as
    `layer(query, value, key=None)`; the key is the value by default, and `layer(x)` is self-attention. The call also takes
    `query_mask`, `value_mask`, `key_mask` (by default the masks of the tensors), `attention_mask`,
    `use_causal_mask` (a query attends to no later key) and `return_attention_scores` (the weights before dropout become a
    second output). A query attends to a key if all masks allow it.

    Args:
        num_heads: number of heads.
        key_dim: features of a head's query and key.
        value_dim: features of a head's value; `key_dim` by default.
        dropout: fraction of the weights dropped in training, in [0, 1).
        use_bias: whether the projections have biases.
        output_shape: sizes of the output's axes after the steps; by default the query's number of features.
        attention_axes: axes over which attention is computed; by default all between batch and features.
        sliding_window: a query attends only to keys fewer than this many positions away; `None` for all.
        flash_attention: accepted for compatibility with Keras, and ignored.
        kernel_initializer, bias_initializer: initializers of the projections.
        kernel_regularizer, bias_regularizer: penalties on the projections' weights.
        activity_regularizer: penalty on the output of each projection.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        use_gate: whether the heads' results are multiplied by a gate, `sigmoid(query @ kernel + bias)`.
        seed: seed of dropout; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        query (batch, queries, features), value and key (batch, keys, any) -> y (batch, queries, output), and the weights
        (batch, heads, queries, keys). Kernels (features, heads, key_dim) or (features, heads, value_dim), that of the output
        (heads, value_dim, output). attention_mask (queries, keys), (batch, queries, keys) or (batch, heads, queries, keys).
        A query that may attend to nothing gets an output of 0 from each head; Keras gives it the mean of the values, unless the
        scores are returned or there is dropout.
    Raises:
        ValueError: an argument outside its range, or inputs or masks that do not fit one another.
    Source: Vaswani et al. 2017.
    Example:
        >>> x = np.ones((2, 5, 8))
        >>> y, scores = MultiHeadAttention(num_heads=2, key_dim=4)(x, x, return_attention_scores=True, use_causal_mask=True)
        >>> y.shape, scores.shape
        ((2, 5, 8), (2, 2, 5, 5))
    """

    @inherit_arguments(BaseMultiHeadAttention)
    def __init__(self, num_heads: int, key_dim: int, value_dim: int | None = None, **kwargs: Any) -> None:
        self.num_heads = check_positive_integer("MultiHeadAttention", "num_heads", num_heads)
        self.key_dim = check_positive_integer("MultiHeadAttention", "key_dim", key_dim)
        self.value_dim = check_positive_integer("MultiHeadAttention", "value_dim", key_dim if value_dim is None else value_dim)
        self._query_heads = self._key_heads = self.num_heads
        self._key_width, self._value_width = self.key_dim, self.value_dim
        super().__init__(**kwargs)
