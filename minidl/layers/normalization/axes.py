"""Check and convert the axes of normalization layers; the batch axis is not allowed."""

from typing import Any

from minidl.config.checks import is_integer
from minidl.config.types import Array, Axis, Shape


def check_axis(owner: str, axis: Any) -> Axis:
    """`axis`, an integer or a list of distinct integers; otherwise raises TypeError or ValueError."""
    several = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not all(is_integer(one) for one in several):
        raise TypeError(f"{owner} expects axis to be an integer or a list of integers, got {axis!r}")
    if not several or len(set(several)) < len(several) or 0 in several:
        raise ValueError(
            f"{owner} expects axis to be an integer or a list of different ones, and none of them 0, the batch axis, "
            f"got {axis!r}"
        )
    return [int(one) for one in several] if isinstance(axis, (list, tuple)) else int(axis)


def positive_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes counted from the front, in order, in an array of that rank."""
    return tuple(sorted({one % rank for one in (axis if isinstance(axis, list) else [axis])}))


def axis_sizes(title: str, axis: Axis, shape: Shape) -> tuple[int, ...]:
    """The sizes of the axes; raises ValueError if one is unknown."""
    sizes = tuple(shape[one] for one in positive_axes(axis, len(shape)))
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        raise ValueError(f"{title} needs to know the size of its input along axis {axis}, got shape {shape}")
    return known


def check_axes(title: str, axis: Any, shape: Shape | list[Shape], built_for: tuple[int, ...] | None = None) -> None:
    """Raise ValueError for an input without the axes, or with other sizes there than the layer was built for."""
    several = axis if isinstance(axis, list) else [axis]
    is_one = isinstance(shape, tuple) and not any(isinstance(size, tuple) for size in shape)
    if not is_one or any(not -len(shape) < one < len(shape) for one in several):
        raise ValueError(f"{title} expects one array that has axis {axis} after the batch axis, got shape {shape}")
    sizes = tuple(shape[one] for one in positive_axes(axis, len(shape)))
    if built_for is not None and sizes != built_for:
        raise ValueError(
            f"{title} expects {' by '.join(map(str, built_for))} features along axis {axis}, got shape {shape}; "
            f"its weights were made for {' by '.join(map(str, built_for))}"
        )


def along_axes(weight: Array, axis: Axis, rank: int) -> Array:
    """A weight reshaped to broadcast, with axes of size 1."""
    shape = [1] * rank
    for one, size in zip(positive_axes(axis, rank), weight.shape, strict=True):
        shape[one] = size
    return weight.reshape(shape)
