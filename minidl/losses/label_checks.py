"""Check whether class labels fit the outputs of a classifier."""

import numpy as np

from minidl.config.types import Array, Shape
from minidl.kernels.softmax_crossentropy import are_in_range
from minidl.losses.match_labels import match_labels
from minidl.losses.target_advice import are_whole, fix_for_fractions, message_of_label_range


def check_labels(owner: str, y_true: Array, output_shape: Shape, axis: int, ignored: int | None) -> None:
    """Raise an error for one-hot rows, fractions and labels out of range instead of whole numbers, which may be floats."""
    classes = output_shape[axis]
    if y_true.ndim == len(output_shape) and y_true.shape[axis] == classes != 1:
        raise ValueError(
            f"{owner} expects one integer label per row, got targets of shape {y_true.shape}, which look like one-hot rows; "
            f'use loss="categorical_crossentropy", or y.argmax(axis={axis})'
        )
    check_numbers(owner, y_true)
    if y_true.dtype.kind == "f" and not are_whole(y_true):
        raise TypeError(f"{owner} expects integer labels, got dtype {y_true.dtype}; {fix_for_fractions(y_true)}")
    match_labels(y_true, (*y_true.shape[:1], *output_shape[1:]), axis, owner)
    if classes is None or are_in_range(y_true, classes):
        return
    wrong = ((y_true < 0) | (y_true >= classes)) & (True if ignored is None else y_true != ignored)
    if wrong.any():
        known = y_true if ignored is None else y_true[y_true != ignored]
        raise ValueError(message_of_label_range(owner, y_true, np.argwhere(wrong)[0].tolist(), known, classes))


def check_numbers(owner: str, y_true: Array) -> None:
    """Raise TypeError for strings and objects."""
    if y_true.dtype.kind not in "biuf":
        raise TypeError(
            f"{owner} expects targets that are numbers, got dtype {y_true.dtype}; "
            f"turn labels into numbers first: np.unique(y, return_inverse=True)[1]"
        )
