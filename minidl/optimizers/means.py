"""The running mean that nearly every rule keeps."""

from minidl.config.types import Array


def blend(mean: Array, new: Array, kept: float) -> None:
    """`mean = kept * mean + (1 - kept) * new`, in place."""
    mean *= kept
    mean += (1 - kept) * new
