"""Sparse categorical cross-entropy: cross-entropy of integer labels."""

import numpy as np

from minidl.config.types import Array, ArrayLike, Cache, Shape, Tensors
from minidl.kernels.in_use import in_use
from minidl.kernels.softmax_crossentropy import mean_softmax_crossentropy, softmax_crossentropy
from minidl.losses.categorical_crossentropy_loss import cross_entropy, cross_entropy_backward
from minidl.losses.label_checks import check_labels
from minidl.losses.loss import Loss
from minidl.losses.match_labels import as_integers, match_labels

_MEANS = ("sum_over_batch_size", "mean")


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy (negative log-likelihood) of integer labels: `-log(p[label])`.

    The same as `CategoricalCrossentropy` of one-hot rows.

    Args:
        from_logits: whether `y_pred` are logits instead of probabilities.
        ignore_class: a label to ignore, such as -1 for "unknown", or `None`.
        reduction: as for every `Loss`; means are over the values that are not ignored.
        axis: the axis of the classes.
        name, dtype: as for every `Loss`.
    Shapes:
        y_true (batch, ...) or (batch, ..., 1), y_pred (batch, ..., classes) -> values (batch, ...).
    Raises:
        ValueError: labels are one-hot rows, or outside 0 ... classes - 1.
        TypeError: labels are not whole numbers.
    Example:
        >>> SparseCategoricalCrossentropy()([1], [[0.75, 0.25]]).round(4)
        np.float32(1.3863)
    """

    paired_activation = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: object = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def prepare(self, y_true: ArrayLike, y_pred: Array) -> Array:
        """The labels, checked, without a last axis of size 1."""
        labels = np.asarray(y_true)
        self.check_targets(labels, y_pred.shape)
        return match_labels(as_integers(labels), y_pred.shape, self.axis, self.name)

    def value_and_grad(
        self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None, mask: Tensors = None
    ) -> tuple[float, Array]:
        usual = self._is_plain and self.reduction in _MEANS and type(self) is SparseCategoricalCrossentropy
        arrays = sample_weight is mask is None and type(y_true) is type(y_pred) is np.ndarray
        result = None
        if usual and arrays:  # in fewer passes than below
            fits = y_true.shape == y_pred.shape[:-1] and y_true.dtype.kind in "iu" and y_pred.dtype.kind == "f"
            result = in_use[mean_softmax_crossentropy](y_true, y_pred) if fits else None
        return super().value_and_grad(y_true, y_pred, sample_weight, mask) if result is None else result

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Cache]:
        """`-sum(t * log(p))`, where `t` is 1 at the label and 0 elsewhere."""
        if self._is_plain:
            return in_use[softmax_crossentropy](y_true, y_pred)
        one_hot = y_true[..., np.newaxis] == np.arange(y_pred.shape[self.axis])
        if self.ignore_class is not None:
            one_hot &= (y_true != self.ignore_class)[..., np.newaxis]
        t = np.moveaxis(one_hot, -1, self.axis).astype(y_pred.dtype)
        return cross_entropy(t, y_pred, self.from_logits, self.axis)

    def backward(self, dvalues: Array, cache: Cache) -> Array:
        """`dz = softmax(z) - t`, or `dp = -t / p`, backpropagated through clipping and normalization."""
        if not isinstance(cache, tuple):  # the gradient of the fused softmax
            dz: Array = cache * dvalues[..., np.newaxis]
            return dz
        return cross_entropy_backward(dvalues, cache, self.from_logits, self.axis)

    @property
    def _is_plain(self) -> bool:
        """Whether this is the common case: logits along the last axis, no label ignored."""
        return self.from_logits and self.ignore_class is None and self.axis == -1

    def counted(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != self.ignore_class

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_labels(self.name, y_true, output_shape, self.axis, self.ignore_class)
