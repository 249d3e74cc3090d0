"""`GroupQueryAttention`: heads of queries share heads of keys and values."""

from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.layers.attention.base_multi_head import BaseMultiHeadAttention


class GroupQueryAttention(BaseMultiHeadAttention):
    """`MultiHeadAttention` in which neighboring query heads share a head of keys and values: fewer weights, smaller caches.

    A single head of keys and values is multi-query attention; as many as query heads is multi-head attention. The call takes
    the same arguments as that of `MultiHeadAttention`.

    Args:
        head_dim: features of a head, of queries, keys and values.
        num_query_heads: number of heads of queries.
        num_key_value_heads: number of heads of keys and values; it divides `num_query_heads`.
        activity_regularizer: penalty on the output of each projection; Keras counts that of the last twice.
        dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, kernel_constraint, bias_constraint, use_gate, seed, **kwargs: as in `MultiHeadAttention`.
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

    @inherit_arguments(BaseMultiHeadAttention, without=("output_shape", "attention_axes"))
    def __init__(self, head_dim: int, num_query_heads: int, num_key_value_heads: int, **kwargs: Any) -> None:
        self.head_dim = check_positive_integer("GroupQueryAttention", "head_dim", head_dim)
        self.num_query_heads = check_positive_integer("GroupQueryAttention", "num_query_heads", num_query_heads)
        self.num_key_value_heads = check_positive_integer("GroupQueryAttention", "num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                f"GroupQueryAttention expects num_key_value_heads to divide num_query_heads, "
                f"got {num_key_value_heads} for {num_query_heads}"
            )
        self._query_heads, self._key_heads = self.num_query_heads, self.num_key_value_heads
        self._key_width = self._value_width = self.head_dim
        super().__init__(**kwargs)

    def attended_axes(self, rank: int) -> tuple[int, ...]:
        """The first axis after the batch."""
        return (1,)
