"""Window arguments of convolution and pooling layers: checked sizes, and inputs that are smaller than a window."""

from typing import Any, NamedTuple

from minidl.config.types import Shape, Sizes
from minidl.layers.argument_checks import check_choice, check_sizes


class Windows(NamedTuple):
    """Checked arguments, one size for each axis."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    dilation: tuple[int, ...]


def check_windows(
    owner: str,
    rank: int,
    strides: Sizes | None,
    padding: str,
    dilation_rate: Sizes = 1,
    paddings: tuple[str, ...] = ("valid", "same"),
    **size: Any,
) -> Windows:
    """The window arguments of a layer.

    Args:
        owner: the layer's class, for messages.
        rank: number of axes of a window.
        strides, dilation_rate: one integer for all axes, or one for each; `strides=None` means the windows' size.
        padding: one of `paddings`.
        size: the windows' size under its own name, `kernel_size=3` or `pool_size=2`.
    Raises:
        ValueError: an argument is of another kind, or strides and dilation_rate are both above 1.
    """
    ((argument, given),) = size.items()
    sizes = check_sizes(owner, argument, given, rank)
    steps = sizes if strides is None else check_sizes(owner, "strides", strides, rank)
    padding = check_choice(owner, "padding", padding, paddings)
    dilation = check_sizes(owner, "dilation_rate", dilation_rate, rank)
    if max(steps) > 1 and max(dilation) > 1:
        raise ValueError(
            f"{owner} takes strides or a dilation_rate above 1, not both, got strides={strides!r} and "
            f"dilation_rate={dilation_rate!r}"
        )
    return Windows(sizes, steps, padding, dilation)


def check_not_smaller(title: str, argument: str, extent: tuple[int, ...], sizes: Shape, shape: Shape) -> None:
    """Raise ValueError if an input is smaller than a window, without padding."""
    if any(size is not None and size < needed for size, needed in zip(sizes, extent, strict=True)):
        raise ValueError(
            f"{title} has windows of {tuple(extent)}, larger than its inputs of {tuple(sizes)} (shape {shape}); "
            f"use a smaller {argument}, fewer pooling layers or strides, or padding='same'"
        )
