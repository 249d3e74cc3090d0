"""Losses as functions, as in Keras: one value per row, without reduction or gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.docstrings import function_of
from minidl.config.types import Array, ArrayLike
from minidl.losses.binary_crossentropy_loss import BinaryCrossentropy
from minidl.losses.categorical_crossentropy_loss import CategoricalCrossentropy
from minidl.losses.circle_loss import circle_values
from minidl.losses.ctc_loss import CTC
from minidl.losses.divergence import KLDivergence, Poisson
from minidl.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from minidl.losses.generalized_crossentropy import CategoricalGeneralizedCrossEntropy
from minidl.losses.hinge_losses import CategoricalHinge, Hinge, SquaredHinge
from minidl.losses.loss import Loss
from minidl.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from minidl.losses.segmentation import Dice, Tversky
from minidl.losses.sparse_categorical_crossentropy_loss import SparseCategoricalCrossentropy


def _of(kind: type[Loss], arguments: str, doc: str = "One value of `{}` for each row.") -> Callable[..., Array]:
    """The function of a loss, from an example written "arguments -> printed result"."""
    return function_of(kind, _values, __name__, doc.format(kind.__name__), arguments, reduction="none")


def _values(loss: Loss, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
    values: Array = loss.of_steps(y_true, y_pred)
    return values


mean_squared_error = _of(MeanSquaredError, "[[0.0, 1.0], [0.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]] -> [2.5 0. ]")
mean_absolute_error = _of(MeanAbsoluteError, "[[0.0, 1.0], [0.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]] -> [1.5 0. ]")
mean_absolute_percentage_error = _of(MeanAbsolutePercentageError, "[[10.0], [20.0]], [[11.0], [20.0]] -> [10.  0.]")
mean_squared_logarithmic_error = _of(MeanSquaredLogarithmicError, "[[0.0], [1.0]], [[1.0], [1.0]] -> [0.48 0.  ]")
huber = _of(Huber, "[[0.0], [0.0]], [[0.5], [3.0]] -> [0.12 2.5 ]")
log_cosh = _of(LogCosh, "[[0.0], [0.0]], [[1.0], [0.0]] -> [0.43 0.  ]")
cosine_similarity = _of(CosineSimilarity, "[[0.0, 1.0], [1.0, 0.0]], [[0.0, 2.0], [-1.0, 0.0]] -> [-1.  1.]")
kl_divergence = _of(KLDivergence, "[[0.5, 0.5]], [[0.25, 0.75]] -> [0.14]")
poisson = _of(Poisson, "[[1.0], [0.0]], [[1.0], [2.0]] -> [1. 2.]")
hinge = _of(Hinge, "[[1.0], [-1.0]], [[0.5], [0.5]] -> [0.5 1.5]")
squared_hinge = _of(SquaredHinge, "[[1.0], [-1.0]], [[0.5], [0.5]] -> [0.25 2.25]")
categorical_hinge = _of(CategoricalHinge, "[[0.0, 1.0]], [[0.5, 0.25]] -> [1.25]")
binary_crossentropy = _of(BinaryCrossentropy, "[[1.0], [0.0]], [[0.5], [0.75]] -> [0.69 1.39]")
categorical_crossentropy = _of(CategoricalCrossentropy, "[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.25, 0.75]] -> [0.69 1.39]")
sparse_categorical_crossentropy = _of(SparseCategoricalCrossentropy, "[1, 0], [[0.5, 0.5], [0.25, 0.75]] -> [0.69 1.39]")
binary_focal_crossentropy = _of(BinaryFocalCrossentropy, "[[1.0], [0.0]], [[0.5], [0.75]] -> [0.17 0.78]")
categorical_focal_crossentropy = _of(CategoricalFocalCrossentropy, "[[0.0, 1.0]], [[0.5, 0.5]] -> [0.04]")
dice = _of(Dice, "[[1.0, 1.0]], [[1.0, 0.0]] -> 0.33", "`{}` along one or several axes, or over all axes by default.")
tversky = _of(
    Tversky,
    "[[1.0, 1.0]], [[1.0, 0.0]], alpha=1.0, beta=0.0 -> 0.5",
    "`{}` along one or several axes, or over all axes by default.",
)
ctc = _of(CTC, "[[1]], np.zeros((1, 2, 3)) -> [1.1]")


def categorical_generalized_cross_entropy(y_true: TensorLike, y_pred: TensorLike, q: float) -> Array:
    """One value of `CategoricalGeneralizedCrossEntropy` for each row.

    Example:
        >>> categorical_generalized_cross_entropy([0, 1], [[0.25, 0.75], [0.0, 1.0]], q=0.5).round(2)
        array([1., 0.], dtype=float32)
    """
    values: Array = CategoricalGeneralizedCrossEntropy(q, reduction="none").of_steps(y_true, y_pred)
    return values


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Array:
    """One value of `Circle` for each row, with the rows themselves or other labeled embeddings as references.

    Args:
        y_true: one label per row.
        y_pred: embeddings of norm 1.
        ref_labels, ref_embeddings: the labels and embeddings to compare with; the rows' own by default.
        remove_diagonal, gamma, margin: as for `Circle`.
    Example:
        >>> circle([0, 0, 1], [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], gamma=1.0).round(2)
        array([1.85, 1.09, 0.  ])
    """
    labels, embeddings = np.asarray(y_true), np.asarray(y_pred)
    others = labels if ref_labels is None else np.asarray(ref_labels)
    references = embeddings if ref_embeddings is None else np.asarray(ref_embeddings, embeddings.dtype)
    return circle_values(labels, embeddings, others, references, remove_diagonal, gamma, margin)[0]
