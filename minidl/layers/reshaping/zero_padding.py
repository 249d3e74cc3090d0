"""`ZeroPadding1D`, `ZeroPadding2D`, `ZeroPadding3D`: zeros around the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.types import Array, Shape, Sizes
from minidl.layers.argument_checks import check_sizes
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


def pairs_of(owner: str, argument: str, value: object, rank: int) -> tuple[tuple[int, int], ...]:
    """A pair (before, after) for each axis, from one number, one number for each axis, or a pair for each axis; at least 0."""
    if rank == 1 and isinstance(value, (tuple, list)):
        value = (tuple(value),) if len(value) != 1 or isinstance(value[0], (tuple, list)) else ()
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(values) != rank:
        raise ValueError(f"{owner} expects {argument} for {rank} axes, got {value!r}")
    pairs = [check_sizes(owner, argument, one, 2, least=0) for one in values]
    return tuple((before, after) for before, after in pairs)


def with_edges(x: Array, pairs: Sequence[tuple[int, int]], data_format: str) -> Array:
    """X surrounded by zeros: a pair (before, after) for each axis."""
    y = np.pad(channels_last(x, data_format), ((0, 0), *pairs, (0, 0)))
    return channels_back(y, data_format)


def without_edges(x: Array, pairs: Sequence[tuple[int, int]], data_format: str) -> Array:
    """X without its edges: a pair (before, after) for each axis."""
    x = channels_last(x, data_format)
    inside = (slice(before, size - after) for (before, after), size in zip(pairs, x.shape[1:-1], strict=True))
    return channels_back(x[(slice(None), *inside)], data_format)


class ZeroPadding(Layer):
    """Base of the padding layers. Subclasses set `rank`, the number of padded axes."""

    rank: int

    def __init__(
        self, padding: Sizes | Sequence[Sizes] = 1, data_format: str | None = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.padding = pairs_of(type(self).__name__, "padding", padding, self.rank)
        self.data_format = data_format_of(type(self).__name__, data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y`: x surrounded by zeros."""
        return with_edges(x, self.padding, self.data_format), None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx`: dy without the padding."""
        return without_edges(dy, self.padding, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        made = [None if size is None else size + sum(pair) for size, pair in zip(sizes, self.padding, strict=True)]
        return shape_back((batch, *made, channels), self.data_format)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank)


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after the steps.

    Args:
        padding: number of steps at each end, or a pair (before, after).
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, before + steps + after, channels).
    Raises:
        ValueError: `padding` is negative, or x has another rank.
    Example:
        >>> ZeroPadding1D((1, 2))(np.ones((1, 2, 1)))[0, :, 0]
        array([0., 1., 1., 0., 0.], dtype=float32)
    """

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image; `padding` is one number, one for each axis, or a pair (before, after) for each axis.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Raises:
        ValueError: `padding` is negative or has another form, or x has another rank.
    Example:
        >>> ZeroPadding2D((1, 2))(np.ones((2, 5, 4, 3))).shape
        (2, 7, 8, 3)
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume; `padding` is one number, one for each axis, or a pair (before, after) for each axis.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Raises:
        ValueError: `padding` is negative or has another form, or x has another rank.
    Example:
        >>> ZeroPadding3D(((0, 1), (1, 1), (2, 0)))(np.ones((2, 5, 4, 6, 3))).shape
        (2, 6, 6, 8, 3)
    """

    rank = 3

    def __init__(
        self,
        padding: Sizes | Sequence[Sizes] = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(padding, data_format, **kwargs)
