"""`GroupQueryAttention`: heads of queries share heads of keys and values."""

from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.layers.attention.heads import HeadedAttention


class GroupQueryAttention(HeadedAttention):
    """`MultiHeadAttention` in which neighbouring query heads share a head of keys and values: fewer weights, smaller caches.

    One head of keys and values for all is multi-query attention; as many as of queries, multi-head attention. Called as
    `MultiHeadAttention` is, with the same masks and options.

    Args:
        head_dim: features of a head, of queries, keys and values.
        num_query_heads: number of heads that attend.
        num_key_value_heads: number of heads of keys and values; it divides `num_query_heads`.
        dropout: share of the weights that is dropped in training, in [0, 1).
        use_bias: whether the projections have biases.
        sliding_window: how far a query sees, to both sides: keys at fewer than so many places from its own; `None` for all.
        flash_attention: accepted for Keras's sake; nothing changes.
        kernel_initializer, bias_initializer: how the projections start.
        kernel_regularizer, bias_regularizer: penalties on the projections' weights.
        activity_regularizer: penalty on the output of each projection; Keras counts that of the last twice.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        use_gate: whether what the heads found is multiplied by a gate, `sigmoid(query @ kernel + bias)`.
        seed: makes the draws repeatable; by default the process's next seed.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        query (batch, queries, features), value and key (batch, keys, any) -> y (batch, queries, features), and the weights
        (batch, query heads, queries, keys). Kernels (features, heads, head_dim), that of the output (query heads, head_dim,
        features).
    Raises:
        ValueError: an argument outside its range, or inputs or masks that do not fit one another.
    Source: Ainslie et al. 2023.
    Example:
        >>> GroupQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)(np.ones((2, 5, 8))).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self.head_dim = check_positive_integer("GroupQueryAttention", "head_dim", head_dim)
        self.num_query_heads = check_positive_integer("GroupQueryAttention", "num_query_heads", num_query_heads)
        self.num_key_value_heads = check_positive_integer("GroupQueryAttention", "num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                f"GroupQueryAttention expects num_key_value_heads to divide num_query_heads, "
                f"got {num_key_value_heads} for {num_query_heads}"
            )
        self.flash_attention = flash_attention
        super().__init__(
            self.num_query_heads,
            self.num_key_value_heads,
            self.head_dim,
            self.head_dim,
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
