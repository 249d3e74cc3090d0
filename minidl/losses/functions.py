"""Keras's function forms of the losses: one value for each row, nothing reduced, no gradient."""

from typing import Any

from minidl.config.types import Array
from minidl.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from minidl.losses.regression import MeanSquaredError


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """One value of `MeanSquaredError` for each row.

    Example:
        >>> mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 3.0], [0.0, 0.0]])
        array([2.5, 0. ], dtype=float32)
    """
    values: Array = MeanSquaredError(reduction="none")(y_true, y_pred)
    return values


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """One value of `BinaryCrossentropy` for each row."""
    values: Array = BinaryCrossentropy(from_logits, label_smoothing, axis, reduction="none")(y_true, y_pred)
    return values


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """One value of `CategoricalCrossentropy` for each row."""
    values: Array = CategoricalCrossentropy(from_logits, label_smoothing, axis, reduction="none")(y_true, y_pred)
    return values


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """One value of `SparseCategoricalCrossentropy` for each row."""
    values: Array = SparseCategoricalCrossentropy(from_logits, ignore_class, reduction="none", axis=axis)(y_true, y_pred)
    return values
