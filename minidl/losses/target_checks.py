"""Check and reshape targets for losses and metrics."""

import numpy as np

from minidl.config.types import Array, Shape
from minidl.losses.target_advice import fix_for_probabilities, fix_for_shape


def squeeze_or_expand(y_true: Array, shape: tuple[int, ...]) -> Array:
    """Targets with a last axis of size 1 added or dropped, if that gives them the rank of the outputs."""
    if y_true.ndim == len(shape) - 1 and shape[-1] == 1:
        return y_true[..., np.newaxis]
    if y_true.ndim == len(shape) + 1 and y_true.shape[-1] == 1:
        return y_true[..., 0]
    return y_true


def match_rank(y_true: Array, shape: tuple[int, ...], owner: str = "the loss") -> Array:
    """Targets with the shape of the outputs, squeezed or expanded as in Keras, so that they never broadcast."""
    y_true = squeeze_or_expand(y_true, shape)
    if y_true.shape != shape:
        check_same_shape(owner, y_true.shape, shape)
        raise ValueError(f"{owner} expects as many targets as outputs, got targets {y_true.shape} and outputs {shape}")
    return y_true


def check_same_shape(owner: str, target_shape: tuple[int, ...], output_shape: Shape) -> None:
    """Raise ValueError for targets whose rows do not have the outputs' shape (a last axis of size 1 may be missing)."""
    target, output = target_shape[1:], output_shape[1:]
    fitted = target
    if len(target) == len(output) - 1 and output[-1] == 1:
        fitted = (*target, 1)
    elif len(target) == len(output) + 1 and target[-1] == 1:
        fitted = target[:-1]
    if len(fitted) == len(output) and all(size in (None, wanted) for size, wanted in zip(output, fitted, strict=True)):
        return
    raise ValueError(
        f"{owner} expects targets shaped like the outputs {output}, got {target or 'one number'} for each row; "
        f"{fix_for_shape(owner, target, output)}"
    )


def check_probabilities(owner: str, y_true: Array) -> None:
    """Raise ValueError for targets outside [0, 1]."""
    if y_true.size and (np.minimum.reduce(y_true, None) < 0 or np.maximum.reduce(y_true, None) > 1):
        raise ValueError(
            f"{owner} expects targets in [0, 1], got values from {y_true.min():g} to {y_true.max():g}; "
            f"{fix_for_probabilities(y_true)}"
        )


def check_one_hot(owner: str, y_true: Array, output_shape: Shape, axis: int) -> None:
    """Raise ValueError for integer labels instead of one-hot rows."""
    classes, rank = output_shape[axis], len(output_shape)
    are_labels = y_true.ndim == rank - 1 or (y_true.ndim == rank and y_true.shape[axis] == 1)
    if are_labels and classes != 1:
        raise ValueError(
            f"{owner} expects one-hot rows of {classes} classes, got targets of shape {y_true.shape}; "
            f'for integer labels use loss="sparse_categorical_crossentropy", or utils.to_categorical(y, {classes})'
        )
