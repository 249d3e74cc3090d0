"""`rearrange`: reorder, split and merge axes, described by a pattern of names."""

from __future__ import annotations

import re

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array
from minidl.ops.shapes import reshape, shape, transpose

__all__ = ["rearrange"]


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Array:
    """Reorder axes by names, such as "b (h w) c -> b c h w"; parentheses split an axis on the left, merge axes on the right.

    Args:
        axes_lengths: sizes of names inside parentheses on the left; one of each pair of parentheses may be left out.
    Example:
        >>> rearrange(np.zeros((2, 12, 5)), "b (h w) c -> b c h w", h=3).shape
        (2, 5, 3, 4)
    """
    return _rearrange(tensor, pattern, axes_lengths)


@composed(name="rearrange")
def _rearrange(tensor: Array | Tensor, pattern: str, axes_lengths: dict[str, int]) -> Array:
    left, arrow, right = pattern.partition("->")
    groups, targets = _groups(left), _groups(right)
    names, wanted = [name for group in groups for name in group], [name for group in targets for name in group]
    if not arrow or sorted(names) != sorted(wanted) or len(groups) != len(shape(tensor)):
        raise ValueError(f"rearrange expects {len(shape(tensor))} axes and the same names on both sides, got {pattern!r}")
    sizes = dict(axes_lengths)
    for group, size in zip(groups, shape(tensor), strict=True):
        unknown = [name for name in group if name not in sizes]
        known = int(np.prod([sizes[name] for name in group if name in sizes], dtype=int))
        if len(unknown) > 1 or size % known or (not unknown and size != known):
            raise ValueError(f"rearrange cannot split an axis of {size} into {group}: {pattern!r} with {axes_lengths}")
        sizes.update(dict.fromkeys(unknown, size // known))
    split = reshape(tensor, [sizes[name] for name in names])
    ordered = transpose(split, [names.index(name) for name in wanted])
    return reshape(ordered, [int(np.prod([sizes[name] for name in group], dtype=int)) for group in targets])


def _groups(side: str) -> list[list[str]]:
    """The names of each axis: "b (h w)" -> [["b"], ["h", "w"]]."""
    return [part.strip("()").split() if part[0] == "(" else [part] for part in re.findall(r"\([^)]*\)|[^\s()]+", side)]
