"""Whether targets and weights fit outputs: what losses and metrics refuse, and what they squeeze as Keras does."""

from typing import Any

import numpy as np

from minidl.config.nest import flatten, is_structure
from minidl.config.types import Array, Shape


def align_weights(weights: Array, shape: tuple[int, ...]) -> Array:
    """Give sample weights trailing axes of size 1, so that they broadcast against values of that shape.

    One value for all rows takes the mean of their weights.
    """
    if shape == ():
        mean: Array = np.mean(weights, keepdims=False, dtype=weights.dtype)
        return mean
    if weights.ndim == len(shape) + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    sizes: tuple[int, ...] = weights.shape + (1,) * (len(shape) - weights.ndim)
    if len(sizes) > len(shape) or any(given not in (1, size) for given, size in zip(sizes, shape, strict=True)):
        raise ValueError(f"sample weights of shape {weights.shape} do not fit values of shape {shape}: one a row is expected")
    return weights.reshape(sizes)


def spread(part: Any, outputs: int) -> list[Any]:
    """One entry for each output, from a structure or one thing; `None` stands for each."""
    if part is None:
        return [None] * outputs
    members = flatten(part) if is_structure(part) else [part]
    if len(members) == 1 and outputs > 1:
        members = members * outputs
    if len(members) != outputs:
        raise ValueError(f"the model has {outputs} outputs, got {len(members)} arrays for them")
    return members


def masked_weights(reduction: Any, mask: Any, sample_weight: Any) -> Array | None:
    """Sample weights that count a masked step as nothing; under a mean over all values, the others count for it."""
    if mask is None:
        given: Array | None = sample_weight
        return given
    weight = np.asarray(mask, np.float64)
    if reduction in ("sum_over_batch_size", "mean"):
        weight = weight * (weight.size / max(weight.sum(), 1.0))
    return weight if sample_weight is None else weight * align_weights(np.asarray(sample_weight), weight.shape)


def check_mask_fits(mask: Any, output_shape: Shape) -> None:
    """Refuse a mask that is none of the model's output."""
    if mask is None:
        return
    given = np.shape(mask)
    fits = len(given) <= len(output_shape) and all(one in (1, size) for one, size in zip(given, output_shape, strict=False))
    if not fits:
        raise ValueError(
            f"the model's output of shape {output_shape} comes with a mask of shape {given}, expected one of shape "
            f"{output_shape[: len(given)]}; it is what compute_mask of the output's layer returned"
        )


def squeeze_or_expand(y_true: Array, shape: tuple[int, ...]) -> Array:
    """Targets with a last axis of size 1 added or dropped, where that gives them the outputs' rank."""
    if y_true.ndim == len(shape) - 1 and shape[-1] == 1:
        return y_true[..., np.newaxis]
    if y_true.ndim == len(shape) + 1 and y_true.shape[-1] == 1:
        squeezed: Array = y_true[..., 0]
        return squeezed
    return y_true


def match_rank(y_true: Array, shape: tuple[int, ...], owner: str = "the loss") -> Array:
    """Targets of the outputs' shape: squeezed or expanded as Keras does, so that they never broadcast."""
    y_true = squeeze_or_expand(y_true, shape)
    if y_true.shape != shape:
        check_same_shape(owner, y_true.shape, shape)
        raise ValueError(f"{owner} expects as many targets as outputs, got targets {y_true.shape} and outputs {shape}")
    return y_true


def match_labels(labels: Array, shape: Shape, axis: int = -1, owner: str = "the loss") -> Array:
    """Labels of the outputs' shape without the classes' axis; an axis of size 1 in its place is dropped."""
    places = list(shape)
    del places[axis]
    if labels.shape == tuple(places):
        return labels
    if labels.ndim == len(shape) and labels.shape[axis] == 1:
        labels = labels.squeeze(axis)
    if labels.ndim != len(places) or any(size not in (None, had) for size, had in zip(places, labels.shape, strict=True)):
        raise ValueError(f"{owner} expects one label for each output of shape {shape}, got labels of shape {labels.shape}")
    return labels


def check_same_shape(owner: str, target_shape: tuple[int, ...], output_shape: Shape) -> None:
    """Refuse targets whose rows are not shaped like the outputs' (a last axis of size 1 may be missing)."""
    target, output = target_shape[1:], output_shape[1:]
    fitted = target
    if len(target) == len(output) - 1 and output[-1] == 1:
        fitted = (*target, 1)
    elif len(target) == len(output) + 1 and target[-1] == 1:
        fitted = target[:-1]
    if len(fitted) == len(output) and all(size in (None, wanted) for size, wanted in zip(output, fitted, strict=True)):
        return
    mend = "make the last layer's output and the targets of one shape"
    if len(output) == 1 and target in ((), (1,)):
        mend = (
            f"the targets are one number a row, the output is {output[0]}: for class labels use "
            f'loss="sparse_categorical_crossentropy", for a single number a last layer of 1 unit'
        )
    raise ValueError(f"{owner} expects targets shaped like the outputs {output}, got {target} for each row; {mend}")


def check_numbers(owner: str, y_true: Array) -> None:
    """Refuse strings and objects."""
    if y_true.dtype.kind not in "biuf":
        raise TypeError(
            f"{owner} expects targets that are numbers, got dtype {y_true.dtype}; "
            f"turn labels into numbers first: np.unique(y, return_inverse=True)[1]"
        )


def check_probabilities(owner: str, y_true: Array) -> None:
    """Refuse targets outside [0, 1]."""
    if y_true.size and (y_true.min() < 0 or y_true.max() > 1):
        raise ValueError(
            f"{owner} expects targets in [0, 1], got values from {y_true.min()} to {y_true.max()}; "
            f"labels -1 and 1 become 0 and 1 by y = (y + 1) / 2"
        )


def check_one_hot(owner: str, y_true: Array, output_shape: Shape, axis: int) -> None:
    """Refuse integer labels where one-hot rows belong."""
    classes, rank = output_shape[axis], len(output_shape)
    are_labels = y_true.ndim == rank - 1 or (y_true.ndim == rank and y_true.shape[axis] == 1)
    if are_labels and classes != 1:
        raise ValueError(
            f"{owner} expects one-hot rows of {classes} classes, got targets of shape {y_true.shape}; "
            f'for integer labels use loss="sparse_categorical_crossentropy", or utils.to_categorical(y, {classes})'
        )


def check_labels(owner: str, y_true: Array, output_shape: Shape, axis: int, ignored: int | None) -> None:
    """Refuse one-hot rows, floats and labels out of range where integer labels belong."""
    classes = output_shape[axis]
    if y_true.ndim == len(output_shape) and y_true.shape[axis] == classes != 1:
        raise ValueError(
            f"{owner} expects one integer label a row, got targets of shape {y_true.shape}, which look like one-hot rows; "
            f'use loss="categorical_crossentropy", or y.argmax(axis={axis})'
        )
    check_numbers(owner, y_true)
    if y_true.dtype.kind == "f":
        raise TypeError(f"{owner} expects integer labels, got dtype {y_true.dtype}; convert with y.astype(int)")
    match_labels(y_true, (*y_true.shape[:1], *output_shape[1:]), axis, owner)
    if classes is None or not y_true.size or 0 <= np.minimum.reduce(y_true, None) <= np.maximum.reduce(y_true, None) < classes:
        return
    wrong = ((y_true < 0) | (y_true >= classes)) & (True if ignored is None else y_true != ignored)
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        mend = "give the last layer a unit for each class, or number the labels from 0"
        if classes == 1:
            mend = 'for yes or no from one output use loss="binary_crossentropy"'
        raise ValueError(
            f"{owner} expects labels in 0 ... {classes - 1}, as the model has {classes} classes, "
            f"got label {y_true[place]} at y[{', '.join(map(str, place))}]; {mend}"
        )
