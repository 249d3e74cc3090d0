"""`GlobalMaxPooling1D` ... `GlobalAveragePooling3D`: the maximum or mean of each channel."""

from __future__ import annotations

import math
from typing import Unpack

import numpy as np

from minidl.config.types import AnyShapes, Array, Cache, Shape
from minidl.kernels.positions import at_positions, max_over_positions, sum_over_positions
from minidl.layers.channels import channels_back, channels_last, check_pooled, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class GlobalPooling(Layer):
    """Base of the global pooling layers: constructor, shapes and checks. Subclasses set `rank`, the number of pooled axes."""

    rank: int

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(type(self).__name__, data_format)
        self.keepdims = keepdims

    def as_rows(self, x: Array) -> Array:
        """`x` as (batch, positions, channels)."""
        last = channels_last(x, self.data_format)
        return last.reshape(len(x), math.prod(last.shape[1:-1]), last.shape[-1])

    def as_input(self, rows: Array, shape: AnyShapes) -> Array:
        """(batch, positions, channels) in x's own shape."""
        moved = shape if self.data_format == "channels_last" else (shape[0], *shape[2:], shape[1])
        return channels_back(rows.reshape(moved), self.data_format)

    def as_output(self, y: Array) -> Array:
        """(batch, channels), with axes of size 1 if `keepdims`."""
        return channels_back(y.reshape(len(y), *(1,) * self.rank, y.shape[-1]), self.data_format) if self.keepdims else y

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *_, channels = shape_last(input_shape, self.data_format)
        return shape_back((batch, *(1,) * self.rank, channels), self.data_format) if self.keepdims else (batch, channels)

    def check_input(self, shape: Shape) -> None:
        check_pooled(self, shape, self.rank)


class GlobalMaxPooling(GlobalPooling):
    """Base of `GlobalMaxPooling1D`, `GlobalMaxPooling2D` and `GlobalMaxPooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array, tuple[int, ...]]]:
        """`y = max over all positions of x`."""
        rows = self.as_rows(x)
        largest = max_over_positions(rows)
        return self.as_output(largest), (rows, largest, x.shape)

    def backward(self, dy: Array, cache: Cache) -> Array:
        """`dx = dy / (number of maxima)` at the maxima, 0 elsewhere."""
        rows, largest, shape = cache
        dx = (rows == at_positions(largest, rows.shape[1])).astype(dy.dtype)
        dx *= at_positions(dy.reshape(largest.shape) / sum_over_positions(dx), rows.shape[1])
        return self.as_input(dx, shape)


class GlobalAveragePooling(GlobalPooling):
    """Base of `GlobalAveragePooling2D` and `GlobalAveragePooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Cache]:
        """`y = mean over all positions of x`."""
        rows = self.as_rows(x)
        return self.as_output(sum_over_positions(rows) / rows.dtype.type(rows.shape[1])), (x.shape, rows.shape)

    def backward(self, dy: Array, cache: Cache) -> Array:
        """`dx = dy / (number of positions)` everywhere."""
        shape, (batch, positions, channels) = cache
        share = dy.reshape(batch, channels) / dy.dtype.type(positions)
        return self.as_input(at_positions(share, positions), shape)


class GlobalMaxPooling1D(GlobalMaxPooling):
    """Maximum of each channel: `y = max over all steps of x`.

    Equal maxima share the gradient, as in Keras on JAX. Masks are ignored, as in Keras.

    Args:
        data_format: "channels_last" (the default) or "channels_first".
        keepdims: whether the pooled axes stay, with size 1.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, channels) or (batch, 1, channels).
    Raises:
        ValueError: x has another rank, or no steps.
    Example:
        >>> GlobalMaxPooling1D()(np.array([[[1.0], [3.0], [2.0]]]))
        array([[3.]], dtype=float32)
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """Maximum of each channel of an image; arguments and errors as in `GlobalMaxPooling1D`.

    Shapes:
        x (batch, height, width, channels) -> y (batch, channels) or (batch, 1, 1, channels).
    Example:
        >>> GlobalMaxPooling2D(keepdims=True)(np.ones((2, 5, 4, 3))).shape
        (2, 1, 1, 3)
    """

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """Maximum of each channel of a volume; arguments and errors as in `GlobalMaxPooling1D`.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, channels) or (batch, 1, 1, 1, channels).
    Example:
        >>> GlobalMaxPooling3D()(np.ones((2, 5, 4, 6, 3))).shape
        (2, 3)
    """

    rank = 3


class GlobalAveragePooling1D(GlobalPooling):
    """Mean of each channel over the unmasked steps: `y = sum(mask * x) / sum(mask)`.

    A row with every step masked gives 0, where Keras gives NaN.

    Args:
        data_format: "channels_last" (the default) or "channels_first".
        keepdims: whether the pooled axis stays, with size 1.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, channels) or (batch, 1, channels); mask (batch, steps).
    Raises:
        ValueError: x has another rank, or no steps; the mask does not fit.
    Source: Lin et al. 2014.
    Example:
        >>> GlobalAveragePooling1D()(np.array([[[1.0], [3.0], [5.0]]]))
        array([[3.]], dtype=float32)
    """

    rank = 1
    supports_masking = True
    mask_by_position = True

    def forward(
        self, x: Array, training: bool = False, mask: Array | None = None
    ) -> tuple[Array, tuple[Array, tuple[int, ...]]]:
        """`y = sum(mask * x) / sum(mask)`."""
        rows = self.as_rows(x)
        share = self._shares(mask, rows)  # (batch, 1, steps) @ (batch, steps, channels) -> (batch, 1, channels)
        return self.as_output((share @ rows)[:, 0]), (share, x.shape)

    def backward(self, dy: Array, cache: tuple[Array, tuple[int, ...]]) -> Array:
        """`dx = dy * mask / sum(mask)`."""
        share, shape = cache
        return self.as_input(share.swapaxes(1, 2) * dy.reshape(len(dy), 1, math.prod(dy.shape[1:])), shape)

    def compute_mask(self, inputs: Array, mask: Array | None = None) -> None:
        """`None`: the output has no steps."""

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """`(batch, steps)`, in both data formats."""
        return (input_shape[0], input_shape[1 if self.data_format == "channels_last" else 2])

    def _shares(self, mask: Array | None, rows: Array) -> Array:
        batch, steps, _ = rows.shape
        if mask is None:
            return np.full((batch, 1, steps), 1.0 / steps, rows.dtype)
        kept = (np.asarray(mask) != 0).astype(rows.dtype)[:, np.newaxis]
        return np.asarray(kept / np.maximum(kept.sum(axis=-1, keepdims=True), 1))


class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean of each channel of an image; arguments and errors as in `GlobalAveragePooling1D`.

    Shapes:
        x (batch, height, width, channels) -> y (batch, channels) or (batch, 1, 1, channels).
    Source: Lin et al. 2014.
    Example:
        >>> GlobalAveragePooling2D()(np.ones((2, 5, 4, 3))).shape
        (2, 3)
    """

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean of each channel of a volume; arguments and errors as in `GlobalAveragePooling1D`.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, channels) or (batch, 1, 1, 1, channels).
    Example:
        >>> GlobalAveragePooling3D()(np.ones((2, 5, 4, 6, 3))).shape
        (2, 3)
    """

    rank = 3
