"""Targets that count: those of masked steps and of rows of weight 0 may be anything, such as NaN or the label -1."""

from collections.abc import Callable

import numpy as np

from minidl.config.nest import flatten, for_each_output, rebuild
from minidl.config.types import Tensors
from minidl.data.batches import ArrayData
from minidl.losses.sample_weights import fill_ignored, fill_masked
from minidl.models.protocol import Trainable

ROWS = 512  # of which masks are found at once


def without_ignored(data: ArrayData) -> ArrayData:
    """The data with targets of 0 for those that are NaN in rows of weight 0."""
    if data.y is None or data.sample_weight is None:
        return data
    targets = flatten(data.y)
    weights = for_each_output(data.sample_weight, len(targets))
    filled = [
        target if target is None else fill_ignored(target, weight) for target, weight in zip(targets, weights, strict=True)
    ]
    return data.with_parts(y=rebuild(data.y, filled))


def check_counted(data: ArrayData, check: Callable[[ArrayData], None], built: Callable[[], Trainable]) -> None:
    """Run a check of targets, and if it fails, run it without those of masked steps.

    Args:
        data: whose targets are checked.
        check: raises ValueError or TypeError.
        built: returns the model, built for this data; it runs to find its masks.
    """
    try:
        check(data)
    except (TypeError, ValueError):
        masks = None if data.y is None else output_masks(built(), data)
        if masks is None:
            raise
        filled = [fill_masked(target, mask) for target, mask in zip(flatten(data.y), masks, strict=True)]
        check(data.with_parts(y=rebuild(data.y, filled)))


def output_masks(model: Trainable, data: ArrayData) -> list[Tensors] | None:
    """The mask of each output, `None` for one without, found by running the model; `None` if none has one."""
    outputs, found = len(flatten(data.y)), []
    with np.errstate(all="ignore"):
        for start in range(0, len(data), ROWS):
            mask = model._infer(data.rows(slice(start, start + ROWS)).x)[1]
            if mask is None or (outputs > 1 and len(flatten(mask)) != outputs):
                return None
            found.append(for_each_output(mask, outputs))
    return [None if parts[0] is None else np.concatenate(parts) for parts in zip(*found, strict=True)]
