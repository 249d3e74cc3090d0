"""`InputSpec`: the inputs that a layer accepts, checked whenever it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from minidl.config.configurable import Configurable
from minidl.config.dtypes import standardize_dtype
from minidl.config.nest import flatten
from minidl.config.types import Array, DTypeLike, Shape
from minidl.graph.shapes import flatten_shapes


class InputSpec(Configurable):
    """What a layer accepts as an input: `self.input_spec = InputSpec(ndim=3)` in its constructor or in `build`.

    A list or dict of them describes several inputs.

    Args:
        dtype: name of the element type.
        shape: sizes of all axes, `None` for any.
        ndim: number of axes.
        max_ndim: largest number of axes.
        min_ndim: smallest number of axes.
        axes: size of some axes: `{-1: 16}`.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing, or added.
        name: of the input, for inputs given as a dict.
        optional: whether the input may be `None`.
    Example:
        >>> InputSpec(min_ndim=2, axes={-1: 16})
        InputSpec(min_ndim=2, axes={-1: 16})
    """

    def __init__(
        self,
        dtype: DTypeLike = None,
        shape: Sequence[int | None] | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim, self.name, self.optional = max_ndim, min_ndim, name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in dict(axes or {}).items()}
        except (TypeError, ValueError):
            raise TypeError(f"InputSpec expects axes as a dict of axis and size, such as {{-1: 16}}, got {axes!r}") from None
        limit = self.ndim or self.max_ndim
        if self.axes and limit is not None and max(self.axes) >= limit:
            raise ValueError(f"InputSpec has axes {self.axes}, but at most {limit} axes")

    def check(self, title: str, shape: Sequence[int | None] | None) -> None:
        """Raise ValueError if an input of this shape does not fit; `None` is the shape of an input that is `None`."""
        wanted = self._mismatch(shape)
        if wanted is not None:
            raise ValueError(f"{title} expects {wanted}, got shape {shape}")

    def _mismatch(self, shape: Sequence[int | None] | None) -> str | None:
        """What was expected instead of this shape; `None` if it fits."""
        if shape is None:
            return None if self.optional else "an array at each input that is not optional"
        rank = len(shape)
        if self.ndim not in (None, rank) and not self.allow_last_axis_squeeze:
            return f"an input of {self.ndim} axes"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"an input of at most {self.max_ndim} axes"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"an input of at least {self.min_ndim} axes"
        for axis, size in self.axes.items():
            if size is not None and (not -rank <= axis < rank or shape[axis] not in (size, None)):
                return f"axis {axis} of its input to have size {size}"
        if self.shape is not None and not self._has_shape(tuple(shape)):
            return f"an input of shape {self.shape}"
        return None

    def _has_shape(self, shape: Shape) -> bool:
        wanted = self.shape or ()
        if self.allow_last_axis_squeeze:
            shape, wanted = (one[:-1] if one and one[-1] == 1 else one for one in (shape, wanted))
        same = (size is None or own is None or size == own for size, own in zip(wanted, shape, strict=False))
        return len(wanted) == len(shape) and all(same)


def check_specs(title: str, specs: object, shapes: object) -> None:
    """Raise ValueError for inputs whose number or shapes the specs of a layer do not allow."""
    wanted, given = flatten(specs), [None] if shapes is None else flatten_shapes(shapes)
    names = [None if spec is None else spec.name for spec in wanted]
    if isinstance(shapes, dict) and all(names):
        if missing := [name for name in names if name not in shapes]:
            raise ValueError(f"{title} expects inputs named {names}, got {list(shapes)}: {missing} missing")
        given = [shapes[name] for name in names]
    if len(wanted) != len(given):
        raise ValueError(f"{title} expects {len(wanted)} inputs, got {len(given)}")
    for spec, shape in zip(wanted, given, strict=True):
        if spec is not None:
            spec.check(title, shape)


def check_spec_types(title: str, specs: object, x: Array) -> None:
    """Raise ValueError for inputs whose dtype the specs of a layer do not allow."""
    for spec, one in zip(flatten(specs), flatten(x), strict=False):
        if spec is not None and spec.dtype is not None and one is not None:
            kind = standardize_dtype(getattr(one, "dtype", None) or np.asarray(one).dtype)
            if kind != spec.dtype:
                raise ValueError(f"{title} expects an input of type {spec.dtype}, got {kind}")
