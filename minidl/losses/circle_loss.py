"""`Circle`: circle loss for embeddings."""

from __future__ import annotations

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import check_real
from minidl.config.types import Array, DTypeLike, Shape
from minidl.kernels.activations.relu import positive_part
from minidl.kernels.activations.smooth import sigmoid, softplus
from minidl.losses.label_checks import check_numbers
from minidl.losses.loss import Loss


class Circle(Loss):
    """Circle loss: pulls embeddings of the same class together and pushes others apart, the hardest pairs most.

    With the cosine distances `d = 1 - y_pred @ y_pred.T`, a row's value is `softplus(P + N)`, where `P` is the log-sum-exp
    of `gamma * (d**2 - margin**2)` over its class, `N` that of `gamma * (1 + margin - d) * (1 - margin - d)` over the
    others. A row without positive or without negative pairs has no loss; in Keras, neither has one whose value underflows.

    Args:
        gamma: scale, above 0.
        margin: relaxation margin of the distances.
        remove_diagonal: whether to exclude the pair of a row with itself.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true (batch,) or (batch, 1), integer labels; y_pred (batch, features), of norm 1 -> values (batch,).
    Source: Sun et al. 2020.
    Example:
        >>> Circle(gamma=1.0)([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]).round(4)
        np.float32(1.4497)
    """

    mixes_batch = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma = check_real("Circle", "gamma", gamma, 0.0)
        self.margin = check_real("Circle", "margin", margin)
        self.remove_diagonal = remove_diagonal

    def prepare(self, y_true: TensorLike, y_pred: Array) -> Array:
        """One label per row."""
        labels = np.asarray(y_true)
        self.check_targets(labels, y_pred.shape)
        if labels.size != len(y_pred):
            raise ValueError(f"{self.name} expects a label for each of {len(y_pred)} embeddings, got shape {labels.shape}")
        return labels.reshape(-1)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """`softplus(P + N)` over each row's pairs with all rows of the batch."""
        values, slopes = circle_values(y_true, y_pred, y_true, y_pred, self.remove_diagonal, self.gamma, self.margin)
        return values, (slopes, y_pred)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`d = 1 - y @ y.T`, so `dy = -(dd + dd.T) @ y`."""
        slopes, y_pred = cache
        dd = slopes * dvalues[:, np.newaxis]
        dy_pred: Array = -(dd + dd.T) @ y_pred
        return dy_pred

    def counted(self, y_true: Array) -> Array | None:
        positives, others = _masks(y_true, y_true, self.remove_diagonal)
        return np.logical_and(positives.any(axis=1), others.any(axis=1))

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_numbers(self.name, y_true)
        if len(output_shape) != 2 or y_true.ndim not in (1, 2) or (y_true.ndim == 2 and y_true.shape[1] != 1):
            raise ValueError(
                f"{self.name} expects one label per row and embeddings (batch, features), got labels of shape {y_true.shape} "
                f"and embeddings of shape {output_shape}"
            )


def circle_values(
    labels: Array,
    embeddings: Array,
    reference_labels: Array,
    references: Array,
    remove_diagonal: bool,
    gamma: float,
    margin: float,
) -> tuple[Array, Array]:
    """The value of each row, and its derivative by the distance to each reference (batch, references)."""
    positives, others = _masks(labels, reference_labels, remove_diagonal)
    cosine = embeddings @ references.T
    d = positive_part(1 - cosine)
    reach = positive_part(1 + margin - d)  # beyond it a negative pair has no loss
    pulled, pull = _log_sum_exp(gamma * (d * d - margin * margin), positives)
    pushed, push = _log_sum_exp(gamma * reach * (1 - margin - d), others)
    counted = positives.any(axis=1) & others.any(axis=1)
    total = np.where(counted, pulled + pushed, 0)
    slope = 2 * gamma * (pull * d + push * (d - 1) * (reach > 0)) * (cosine < 1)
    return softplus(total) * counted, slope * (sigmoid(total) * counted)[:, np.newaxis]


def _masks(labels: Array, reference_labels: Array, remove_diagonal: bool) -> tuple[Array, Array]:
    """Masks of the positive and the negative pairs of each row with the references."""
    alike: Array = np.equal(labels.reshape(-1, 1), reference_labels.reshape(1, -1))
    itself = np.eye(len(alike), alike.shape[1], dtype=np.bool_)
    return (alike & ~itself if remove_diagonal else alike), ~alike


def _log_sum_exp(x: Array, chosen: Array) -> tuple[Array, Array]:
    """Log-sum-exp over the selected elements of each row (0 if there are none), and its derivatives."""
    x = np.where(chosen, x, -np.inf)
    largest = np.where(chosen.any(axis=1, keepdims=True), x.max(axis=1, keepdims=True), 0)
    terms = np.exp(x - largest)
    total = terms.sum(axis=1, keepdims=True)
    total = np.where(total == 0, 1, total)
    return (largest + np.log(total))[:, 0], terms / total
