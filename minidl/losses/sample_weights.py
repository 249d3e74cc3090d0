"""Sample weights and masks of each output, and their effect on losses and metrics."""

from typing import Any

import numpy as np

from minidl.config.types import Array, Shape


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


def masked_weights(reduction: Any, mask: Any, sample_weight: Any) -> Array:
    """Sample weights that are 0 for masked steps, rescaled for a mean over all values so that only unmasked steps count."""
    weight = np.asarray(mask, np.float64)
    if reduction in ("sum_over_batch_size", "mean"):
        weight = weight * (weight.size / max(weight.sum(), 1.0))
    return weight if sample_weight is None else weight * align_weights(np.asarray(sample_weight), weight.shape)


def check_mask_fits(mask: Any, output_shape: Shape) -> None:
    """Raise ValueError for a mask that does not fit the model's output."""
    given = np.shape(mask)
    fits = len(given) <= len(output_shape) and all(one in (1, size) for one, size in zip(given, output_shape, strict=False))
    if not fits:
        raise ValueError(
            f"the model's output of shape {output_shape} comes with a mask of shape {given}, expected one of shape "
            f"{output_shape[: len(given)]}; it is what compute_mask of the output's layer returned"
        )
