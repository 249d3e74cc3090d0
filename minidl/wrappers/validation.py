"""Checks of targets and sample weights that all estimators share."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from minidl.config.checks import is_number
from minidl.config.types import Array, ArrayLike, DTypeLike

TableLike: TypeAlias = Any  # an array, list, frame, series or sparse matrix: libraries without types


def as_vector(y: Array) -> Array:
    """Targets of one column as a vector, with scikit-learn's warning."""
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def check_sample_weight(weights: ArrayLike, X: Array, dtype: DTypeLike) -> Array:
    """One weight for each row; a single number counts for all rows.

    Raises:
        ValueError: there are more or fewer weights than rows, or all are zero.
    """
    if is_number(weights):
        return np.full(X.shape[0], weights, dtype)
    checked: Array = check_array(weights, ensure_2d=False, dtype=dtype, input_name="sample_weight")
    if checked.ndim != 1:
        raise ValueError(f"sample_weight must be 1D, one weight for each row; got shape {checked.shape}")
    check_consistent_length(X, checked)
    if not checked.any():
        raise ValueError("sample_weight is zero for every row, so there is nothing to learn")
    return checked
