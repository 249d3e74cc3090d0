"""Targets that count: those of masked steps and of rows of weight 0 may be anything, such as NaN or the label -1."""

from collections.abc import Callable

from minidl.config.nest import flatten, for_each_output, rebuild
from minidl.config.types import Tensors
from minidl.losses.sample_weights import fill_ignored, fill_masked


def without_ignored(y: Tensors, sample_weight: Tensors) -> Tensors:
    """The targets of all outputs, with 0 instead of NaN where the sample weight is 0."""
    targets = flatten(y)
    return rebuild(y, list(map(fill_ignored, targets, for_each_output(sample_weight, len(targets)))))


def check_counted(y: Tensors, check: Callable[[Tensors], None], find_masks: Callable[[], list[Tensors] | None]) -> None:
    """Run a check of targets, and if it fails, run it without those of masked steps.

    Args:
        y: the targets of all outputs.
        check: raises ValueError or TypeError.
        find_masks: returns the mask of each output, `None` if none has one.
    """
    try:
        check(y)
    except (TypeError, ValueError):
        masks = find_masks()
        if masks is None:
            raise
        check(rebuild(y, list(map(fill_masked, flatten(y), masks))))
