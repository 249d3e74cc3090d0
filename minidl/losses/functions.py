"""Losses as functions, as in Keras: one value per row, without reduction or gradient."""

from __future__ import annotations

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, Axis
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


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `MeanSquaredError` for each row.

    Example:
        >>> mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]])
        array([2.5, 0. ], dtype=float32)
    """
    return _each(MeanSquaredError(reduction="none"), y_true, y_pred)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `MeanAbsoluteError` for each row.

    Example:
        >>> mean_absolute_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]])
        array([1.5, 0. ], dtype=float32)
    """
    return _each(MeanAbsoluteError(reduction="none"), y_true, y_pred)


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `MeanAbsolutePercentageError` for each row.

    Example:
        >>> mean_absolute_percentage_error([[10.0], [20.0]], [[11.0], [20.0]]).round(2)
        array([10.,  0.], dtype=float32)
    """
    return _each(MeanAbsolutePercentageError(reduction="none"), y_true, y_pred)


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `MeanSquaredLogarithmicError` for each row.

    Example:
        >>> mean_squared_logarithmic_error([[0.0], [1.0]], [[1.0], [1.0]]).round(2)
        array([0.48, 0.  ], dtype=float32)
    """
    return _each(MeanSquaredLogarithmicError(reduction="none"), y_true, y_pred)


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> Array:
    """One value of `Huber` for each row.

    Example:
        >>> huber([[0.0], [0.0]], [[0.5], [3.0]])
        array([0.125, 2.5  ], dtype=float32)
    """
    return _each(Huber(delta, reduction="none"), y_true, y_pred)


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `LogCosh` for each row.

    Example:
        >>> log_cosh([[0.0], [0.0]], [[1.0], [0.0]]).round(2)
        array([0.43, 0.  ], dtype=float32)
    """
    return _each(LogCosh(reduction="none"), y_true, y_pred)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Array:
    """One value of `CosineSimilarity` for each row.

    Example:
        >>> cosine_similarity([[0.0, 1.0], [1.0, 0.0]], [[0.0, 2.0], [-1.0, 0.0]])
        array([-1.,  1.], dtype=float32)
    """
    return _each(CosineSimilarity(axis, reduction="none"), y_true, y_pred)


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `KLDivergence` for each row.

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(2)
        array([0.14], dtype=float32)
    """
    return _each(KLDivergence(reduction="none"), y_true, y_pred)


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `Poisson` for each row.

    Example:
        >>> poisson([[1.0], [0.0]], [[1.0], [2.0]]).round(2)
        array([1., 2.], dtype=float32)
    """
    return _each(Poisson(reduction="none"), y_true, y_pred)


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `Hinge` for each row.

    Example:
        >>> hinge([[1.0], [-1.0]], [[0.5], [0.5]])
        array([0.5, 1.5], dtype=float32)
    """
    return _each(Hinge(reduction="none"), y_true, y_pred)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `SquaredHinge` for each row.

    Example:
        >>> squared_hinge([[1.0], [-1.0]], [[0.5], [0.5]])
        array([0.25, 2.25], dtype=float32)
    """
    return _each(SquaredHinge(reduction="none"), y_true, y_pred)


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `CategoricalHinge` for each row.

    Example:
        >>> categorical_hinge([[0.0, 1.0]], [[0.5, 0.25]])
        array([1.25], dtype=float32)
    """
    return _each(CategoricalHinge(reduction="none"), y_true, y_pred)


def binary_crossentropy(
    y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """One value of `BinaryCrossentropy` for each row.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.5], [0.75]]).round(2)
        array([0.69, 1.39], dtype=float32)
    """
    return _each(BinaryCrossentropy(from_logits, label_smoothing, axis, reduction="none"), y_true, y_pred)


def categorical_crossentropy(
    y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """One value of `CategoricalCrossentropy` for each row.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5], [0.25, 0.75]]).round(2)
        array([0.69, 1.39], dtype=float32)
    """
    return _each(CategoricalCrossentropy(from_logits, label_smoothing, axis, reduction="none"), y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """One value of `SparseCategoricalCrossentropy` for each row.

    Example:
        >>> sparse_categorical_crossentropy([1, 0], [[0.5, 0.5], [0.25, 0.75]]).round(2)
        array([0.69, 1.39], dtype=float32)
    """
    return _each(SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis, reduction="none"), y_true, y_pred)


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """One value of `BinaryFocalCrossentropy` for each row.

    Example:
        >>> binary_focal_crossentropy([[1.0], [0.0]], [[0.5], [0.75]]).round(2)
        array([0.17, 0.78], dtype=float32)
    """
    return _each(
        BinaryFocalCrossentropy(apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis, reduction="none"),
        y_true,
        y_pred,
    )


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """One value of `CategoricalFocalCrossentropy` for each row.

    Example:
        >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(2)
        array([0.04], dtype=float32)
    """
    return _each(
        CategoricalFocalCrossentropy(alpha, gamma, from_logits, label_smoothing, axis, reduction="none"), y_true, y_pred
    )


def dice(y_true: TensorLike, y_pred: TensorLike, axis: Axis | None = None) -> Array:
    """`Dice` along one or several axes, or over all axes by default.

    Example:
        >>> round(float(dice([[1.0, 1.0]], [[1.0, 0.0]])), 2)
        0.33
    """
    return _each(Dice(axis=axis, reduction="none"), y_true, y_pred)


def tversky(y_true: TensorLike, y_pred: TensorLike, alpha: float = 0.5, beta: float = 0.5, axis: Axis | None = None) -> Array:
    """`Tversky` along one or several axes, or over all axes by default.

    Example:
        >>> round(float(tversky([[1.0, 1.0]], [[1.0, 0.0]], alpha=1.0, beta=0.0)), 2)
        0.5
    """
    return _each(Tversky(alpha, beta, axis=axis, reduction="none"), y_true, y_pred)


def categorical_generalized_cross_entropy(y_true: TensorLike, y_pred: TensorLike, q: float) -> Array:
    """One value of `CategoricalGeneralizedCrossEntropy` for each row.

    Example:
        >>> categorical_generalized_cross_entropy([0, 1], [[0.25, 0.75], [0.0, 1.0]], q=0.5).round(2)
        array([1., 0.], dtype=float32)
    """
    return _each(CategoricalGeneralizedCrossEntropy(q, reduction="none"), y_true, y_pred)


def ctc(y_true: TensorLike, y_pred: TensorLike) -> Array:
    """One value of `CTC` for each row.

    Example:
        >>> ctc([[1]], np.zeros((1, 2, 3))).round(2)
        array([1.1])
    """
    return _each(CTC(reduction="none"), y_true, y_pred)


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


def _each(loss: Loss, y_true: TensorLike, y_pred: TensorLike) -> Array:
    values: Array = loss.of_steps(y_true, y_pred)
    return values
