"""`CategoricalGeneralizedCrossEntropy`: a loss that is robust to wrong labels."""

from __future__ import annotations

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import check_real
from minidl.config.settings import epsilon
from minidl.config.types import Array, DTypeLike, Shape
from minidl.losses.label_checks import check_labels
from minidl.losses.loss import Loss
from minidl.losses.match_labels import as_integers, match_labels


class CategoricalGeneralizedCrossEntropy(Loss):
    """Generalized cross-entropy, `(1 - p**q) / q`, where `p` is the probability of the true class.

    For `q` near 0 it is the cross-entropy `-log(p)`, for `q = 1` the absolute error `1 - p`, whose gradient is bounded for
    wrong labels. For `p` below 1e-7 the derivative is that at 1e-7; in Keras it goes to infinity.

    Args:
        q: in (0, 1).
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true (batch, ...) or (batch, ..., 1), integer labels; y_pred (batch, ..., classes), probabilities ->
        values (batch, ...).
    Raises:
        ValueError: `q` is out of range; labels are one-hot rows, or outside 0 ... classes - 1.
        TypeError: labels are not whole numbers.
    Source: Zhang & Sabuncu 2018.
    Example:
        >>> CategoricalGeneralizedCrossEntropy(q=0.5)([1], [[0.75, 0.25]])
        np.float32(1.0)
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.q = check_real("CategoricalGeneralizedCrossEntropy", "q", q, 0.0, 1.0, open_high=True)
        if self.q == 0:
            raise ValueError("CategoricalGeneralizedCrossEntropy expects q above 0, got 0; at 0 it is the plain cross-entropy")

    def prepare(self, y_true: TensorLike, y_pred: Array) -> Array:
        """The labels, checked, without a last axis of size 1."""
        labels = np.asarray(y_true)
        self.check_targets(labels, y_pred.shape)
        return match_labels(as_integers(labels), y_pred.shape, -1, self.name)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """`(1 - p**q) / q`."""
        t = y_true[..., np.newaxis] == np.arange(y_pred.shape[-1])
        p = np.maximum((y_pred * t).sum(axis=-1), 0)
        return (1 - p**self.q) / self.q, (t, p)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dp = -p**(q - 1)` for the true class."""
        t, p = cache
        return t * np.expand_dims(-dvalues * np.maximum(p, epsilon()) ** (self.q - 1), -1)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_labels(self.name, y_true, output_shape, -1, None)
