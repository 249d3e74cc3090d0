"""`ReversibleEmbedding`: an `Embedding` that can also compute scores of all ids from a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Arrays, Cache, DTypeLike, Masks, Shape, Tensors
from minidl.layers.embedding import Embedding
from minidl.layers.protocol import float_type

if TYPE_CHECKING:
    from minidl.layers.passes import LayerCache


class ReversibleEmbedding(Embedding):
    """Looks up ids, `y = embeddings[x]`, or with `reverse=True` scores them, `y = x @ embeddings.T`, as language models do.

    Args:
        input_dim, output_dim, embeddings_regularizer, embeddings_constraint, mask_zero, **kwargs: as in `Embedding`.
        tie_weights: whether both directions share their weights; otherwise the reverse has a kernel of its own.
        embeddings_initializer: initial values of the table, and of the kernel of the reverse.
        reverse_dtype: dtype of the scores; the layer's by default.
        logit_soft_cap: limit c of the scores: `c * tanh(y / c)`.
    Shapes:
        x (batch, ...) of ids -> y (batch, ..., output_dim); with `reverse=True` in the call x (batch, ..., output_dim) -> y
        (batch, ..., input_dim); embeddings (input_dim, output_dim); reverse_embeddings (output_dim, input_dim).
    Source: Press & Wolf 2016, "Using the output embedding to improve language models".
    Example:
        >>> layer = ReversibleEmbedding(10, 3)
        >>> layer(layer(np.array([[1, 2]])), reverse=True).shape
        (1, 2, 10)
    """

    @inherit_arguments(Embedding, without=("weights",), last=("reverse_dtype", "logit_soft_cap"))
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        reverse_dtype: DTypeLike = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.tie_weights, self.reverse_dtype = tie_weights, reverse_dtype  # before `weights`, if given, build the layer
        super().__init__(input_dim, output_dim, **kwargs)
        self._reverse_type = self._dtype if reverse_dtype is None else float_type("ReversibleEmbedding", reverse_dtype)
        self.logit_soft_cap = logit_soft_cap
        if logit_soft_cap is not None and check_real("ReversibleEmbedding", "logit_soft_cap", logit_soft_cap, low=0.0) == 0:
            raise ValueError("ReversibleEmbedding expects logit_soft_cap to be above 0, or None, got 0")

    def build(self, input_shape: Shape | None = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            shape = (self.output_dim, self.input_dim)
            self.reverse_embeddings = self.add_weight(shape, self.embeddings_initializer, name="reverse_embeddings")

    def forward(self, x: Array, training: bool = False, reverse: bool = False) -> tuple[Array, Cache]:
        """`y = embeddings[x]`; in reverse `y = c * tanh(x @ embeddings.T / c)`."""
        if not reverse:
            return super().forward(x)
        y = x.astype(self._reverse_type, copy=False) @ self._kernel
        if self.logit_soft_cap is not None:
            y = self.logit_soft_cap * np.tanh(y / self.logit_soft_cap)
        return y, (x, y)

    def backward(self, dy: Array, cache: Cache) -> Array | None:
        """That of `Embedding`; in reverse `dx = dz @ embeddings`, `dembeddings = dz.T @ x` with `dz = dy * (1 - (y / c)^2)`."""
        if not isinstance(cache, tuple):
            return super().backward(dy, cache)
        x, y = cache
        dz = dy if self.logit_soft_cap is None else dy * (1 - (y / self.logit_soft_cap) ** 2)
        flat_x, flat_dz = x.reshape(-1, self.output_dim), dz.reshape(-1, self.input_dim)
        if self.tie_weights:
            self.embeddings.grad += flat_dz.T @ flat_x
        else:
            self.reverse_embeddings.grad += flat_x.T @ flat_dz
        return (dz @ self._kernel.T).astype(x.dtype, copy=False)

    @property
    def _kernel(self) -> Array:
        """The matrix of the reverse, (output_dim, input_dim)."""
        kernel = self.embeddings.value.T if self.tie_weights else self.reverse_embeddings.value
        matrix: Array = kernel.astype(self._reverse_type, copy=False)
        return matrix

    def _forward(
        self, x: Arrays, mask: Masks = None, training: bool = False, **options: object
    ) -> tuple[Tensors, LayerCache, Masks]:
        y, cache, y_mask = super()._forward(x, mask, training, **options)
        return y, cache, None if options.get("reverse") else y_mask  # scores have no mask

    def _infer(self, x: Arrays, mask: Masks = None, **options: Any) -> tuple[Tensors, Masks]:
        y, y_mask = super()._infer(x, mask, **options)
        return y, None if options.get("reverse") else y_mask

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)
