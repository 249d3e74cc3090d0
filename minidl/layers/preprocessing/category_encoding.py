"""`CategoryEncoding`: one-hot, multi-hot or count encoding of ids."""

from __future__ import annotations

from typing import Unpack

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Shape
from minidl.layers.argument_checks import check_choice, check_one_array
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.preprocessing.encoding import ENCODINGS, as_ids, check_dense, encode, encoded_shape


class CategoryEncoding(Layer):
    """Encodes ids below `num_tokens` as rows of `num_tokens` numbers.

    Args:
        num_tokens: number of different ids.
        output_mode: "one_hot", a row for each id, with 1 at the id's index; "multi_hot", a row for all ids of x's last axis,
            with 1 at the index of each id that occurs; "count", the same with the number of occurrences.
        sparse: accepted for compatibility with Keras; rows are dense here.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ids) -> y (batch, num_tokens), with "one_hot" (batch, ids, num_tokens), or (batch, num_tokens) if x is
        (batch, 1). With "count", the call takes `count_weights` of x's shape, the weight of each id.
    Raises:
        ValueError: an id is not an integer, or outside [0, num_tokens), where Keras returns a row of zeros; `count_weights`
            are passed without "count", or have another shape.
    Example:
        >>> CategoryEncoding(4, output_mode="count")(np.array([[0, 1, 1], [3, 3, 3]]))
        array([[1., 2., 0., 0.],
               [0., 0., 0., 3.]], dtype=float32)
    """

    input_dtype = "any"

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if num_tokens is None:
            raise ValueError("CategoryEncoding needs num_tokens; if it is not known in advance, use IntegerLookup")
        self.num_tokens = check_positive_integer("CategoryEncoding", "num_tokens", num_tokens)
        self.output_mode = check_choice("CategoryEncoding", "output_mode", output_mode, ENCODINGS)
        self.sparse = check_dense("CategoryEncoding", sparse)

    def forward(self, x: Array, training: bool = False, count_weights: Array | None = None) -> tuple[Array, None]:
        """`y[..., i] = 1` where x is i; the maximum over the last axis with "multi_hot", the sum with "count"."""
        ids = as_ids(self, x, self.num_tokens)
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f'{self.title} takes count_weights with output_mode="count" only; it has {self.output_mode!r}')
        if count_weights is not None and getattr(count_weights, "shape", x.shape) != x.shape:
            raise ValueError(f"{self.title} expects count_weights of its ids' shape {x.shape}, got {count_weights.shape}")
        return encode(ids, self.output_mode, self.num_tokens, self.dtype, count_weights), None

    def backward(self, dy: Array, cache: None) -> None:
        """Ids have no gradient."""

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """A last axis of `num_tokens`, appended to x's shape with "one_hot", otherwise replacing its last axis."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)
