"""Sample weights and masks of each output, and their effect on losses and metrics."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import is_integer
from minidl.config.types import Array, ArrayLike, Axis, Shape, Tensors


def align_weights(weights: Array, shape: tuple[int, ...]) -> Array:
    """Give sample weights trailing axes of size 1, so that they broadcast against values of that shape.

    A single value for all rows gets the mean of their weights.
    """
    if shape == ():
        mean: Array = np.mean(weights, keepdims=False, dtype=weights.dtype)
        return mean
    if weights.ndim == len(shape) + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    sizes: tuple[int, ...] = weights.shape + (1,) * (len(shape) - weights.ndim)
    if len(sizes) > len(shape) or any(given not in (1, size) for given, size in zip(sizes, shape, strict=True)):
        raise ValueError(f"sample weights of shape {weights.shape} do not fit values of shape {shape}: one per row is expected")
    return weights.reshape(sizes)


def combined_weights(
    values: Array, sample_weight: TensorLike | None, mask: Array | None, counted: TensorLike | None
) -> tuple[Array, float]:
    """The weight of each value, and the number of values that count, by which a mean divides.

    Args:
        values: a loss's values.
        sample_weight: of rows or values, or `None`.
        mask: which of them the layers' masks let count, or `None`.
        counted: which of them the loss itself lets count, or `None`.
    """
    if values.shape == ():
        given = np.ones((), values.dtype) if sample_weight is None else np.asarray(sample_weight, values.dtype)
        weights = given if mask is None else masked_weights(mask, given)
        return align_weights(weights, ()), 1.0 if mask is None else float(np.mean(np.asarray(mask, bool)))
    counts = np.ones(values.shape, np.bool_)
    for part in (mask, counted):
        if part is not None:
            counts &= align_weights(np.asarray(part, bool), values.shape)
    weights = counts.astype(values.dtype)
    if sample_weight is not None:
        weights = weights * align_weights(np.asarray(sample_weight, values.dtype), values.shape)
    return weights, float(np.count_nonzero(counts))


def masked_weights(mask: Array | None, sample_weight: ArrayLike | None) -> Array:
    """Sample weights that are 0 for masked steps."""
    weight = np.asarray(np.asarray(mask, bool), np.float64)
    return weight if sample_weight is None else weight * align_weights(np.asarray(sample_weight), weight.shape)


def weighted(values: Array, weights: Array) -> Array:
    """`values * weights`, and 0 where the weight is 0, even if the value is NaN or infinite."""
    with quiet():
        return np.where(weights == 0, np.zeros((), values.dtype), values * weights)


def fill_ignored(y_true: object, weight: object) -> Tensors:
    """The targets, with 0 instead of NaN where the sample weight is 0: there a target may be unknown."""
    targets = np.asarray(y_true)
    if weight is None or targets.dtype.kind != "f" or not np.isnan(targets).any():
        return y_true
    ignored = align_weights(np.asarray(weight), targets.shape) == 0
    return np.where(ignored & np.isnan(targets), np.zeros((), targets.dtype), targets)


def fill_masked(y_true: ArrayLike | None, mask: ArrayLike | None) -> Tensors:
    """The targets, with 0 in masked steps: there a target may be anything, such as NaN or the label -1."""
    if y_true is None or mask is None:
        return y_true
    targets, keep = np.asarray(y_true), np.asarray(mask, bool)
    if targets.dtype.kind not in "biuf" or keep.shape != targets.shape[: keep.ndim] or keep.all():
        return y_true
    return np.where(keep.reshape(keep.shape + (1,) * (targets.ndim - keep.ndim)), targets, np.zeros((), targets.dtype))


def finite_where_ignored(gradient: Array, weights: Array, axis: Axis) -> Array:
    """The gradient with respect to the outputs, with 0 instead of NaN and infinity where the weight of the value is 0.

    Args:
        gradient: of the outputs' shape.
        weights: one for each value of the loss.
        axis: the outputs' axis that the values do not have.
    """
    without = gradient.shape[:axis] + gradient.shape[axis:][1:] if is_integer(axis) else ()
    if is_integer(axis) and weights.shape == without:
        ignored = np.expand_dims(weights == 0, axis)
    elif weights.shape == gradient.shape[: weights.ndim]:
        ignored = (weights == 0).reshape(weights.shape + (1,) * (gradient.ndim - weights.ndim))
    elif len(weights) == len(gradient):
        ignored = (weights == 0).all(axis=tuple(range(1, weights.ndim))).reshape(-1, *(1,) * (gradient.ndim - 1))
    else:
        return gradient
    return np.where(ignored & ~np.isfinite(gradient), np.zeros((), gradient.dtype), gradient)


def quiet(*weights: Any) -> np.errstate:
    """No floating-point warnings, if a weight is 0 (or none is given): what does not count may overflow or be NaN."""
    zero = not weights or any(part is not None and not np.all(part) for part in weights)
    return np.errstate(all="ignore") if zero else np.errstate()


def check_mask_fits(mask: Array, output_shape: Shape) -> None:
    """Raise ValueError for a mask that does not fit the model's output."""
    given = np.shape(mask)
    fits = len(given) <= len(output_shape) and all(one in (1, size) for one, size in zip(given, output_shape, strict=False))
    if not fits:
        raise ValueError(
            f"the model's output of shape {output_shape} comes with a mask of shape {given}, expected one of shape "
            f"{output_shape[: len(given)]}; it is what compute_mask of the output's layer returned"
        )
