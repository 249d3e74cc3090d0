"""`Embedding`: a learned vector for each integer id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, ArrayLike, ConstraintLike, InitializerLike, Options, RegularizerLike, Shape
from minidl.initializers.initializer import Initializer
from minidl.kernels.add_rows import add_rows
from minidl.kernels.in_use import in_use
from minidl.layers.argument_checks import check_one_array
from minidl.layers.layer import Layer
from minidl.layers.layer_config import replace_arguments
from minidl.layers.options import LayerOptions
from minidl.layers.weight_options import add_weight_with, set_weight_options


class Embedding(Layer):
    """Looks up ids in a table of vectors: `y = embeddings[x]`.

    Args:
        input_dim: number of different ids, which are 0, 1, ..., `input_dim - 1`.
        output_dim: length of each vector.
        embeddings_initializer: initial values of the table.
        embeddings_regularizer: penalty on the table.
        embeddings_constraint: function applied to the table after each update.
        mask_zero: whether id 0 is padding, which is masked.
        weights: initial table, (input_dim, output_dim); it is not part of the config.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ...) of ids -> y (batch, ..., output_dim); embeddings (input_dim, output_dim).
    Raises:
        ValueError: an id is not an integer, or outside [0, input_dim), where Keras returns NaN or another vector.
    Source: Bengio et al. 2003.
    Example:
        >>> Embedding(10, 3)(np.array([[1, 2], [9, 9]])).shape
        (2, 2, 3)
    """

    input_dtype = "any"
    embeddings_initializer: Initializer

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        weights: Sequence[ArrayLike] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.input_dim = check_positive_integer("Embedding", "input_dim", input_dim)
        self.output_dim = check_positive_integer("Embedding", "output_dim", output_dim)
        set_weight_options(self, embeddings=(embeddings_initializer, embeddings_regularizer, embeddings_constraint))
        self.mask_zero = mask_zero
        self.supports_masking = bool(mask_zero)
        if weights is not None:
            self.build((None,))
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [np.asarray(weights)])

    @classmethod
    def accept_older_arguments(cls, arguments: Options) -> Options:
        """`input_length` is ignored."""
        return super().accept_older_arguments(
            replace_arguments(cls.__name__, arguments, {"input_length": (None, "leave it out")})
        )

    def build(self, input_shape: Shape | None = None) -> None:
        """Create the table; the input's shape does not matter."""
        self.embeddings = add_weight_with(self, "embeddings", (self.input_dim, self.output_dim))

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = embeddings[x]`."""
        ids = self._as_ids(x)
        return self.embeddings.value[ids], ids

    def backward(self, dy: Array, cache: Array) -> Array | None:
        """Sum dy over the positions of each id: `embeddings.grad[id] += sum(dy where x == id)`; ids have no gradient."""
        in_use[add_rows](self.embeddings.grad, cache.ravel(), dy.reshape(-1, self.output_dim))
        return None

    def compute_mask(self, inputs: Array, mask: Array | None = None) -> Array | None:
        """`x != 0` with `mask_zero`, otherwise `None`."""
        return np.not_equal(inputs, 0) if self.mask_zero else None

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def constructor_arguments(self) -> Options:
        """The constructor's arguments without `weights`: the values are saved with the other weights."""
        return {key: value for key, value in super().constructor_arguments().items() if key != "weights"}

    def _as_ids(self, x: Array) -> Array:
        """Indices of the table's rows, from integers of any type."""
        if x.dtype.kind not in "biuf":
            raise TypeError(
                f"{self.title} expects ids as whole numbers, got an array of type {x.dtype}; map words to ids first, "
                f"for example with StringLookup"
            )
        fractions = x[np.isfinite(x) & (x != np.trunc(x))] if x.dtype.kind == "f" else x[:0]
        if fractions.size:
            raise ValueError(f"{self.title} expects ids as whole numbers, got {fractions.flat[0]}")
        wrong = ~((x >= 0) & (x < self.input_dim))  # NaN is wrong too
        if wrong.any():
            found = x[wrong][0]
            raise ValueError(
                f"{self.title} expects ids from 0 to {self.input_dim - 1}, got {found}; "
                + ("raise input_dim, or " if found > 0 else "")
                + "map unknown values to an id of their own"
            )
        return x.astype(np.intp)
