"""Data formats: layers compute with channels last and move the axis of "channels_first" arrays on entry and exit."""

from typing import Any

import numpy as np

from minidl.config.settings import image_data_format
from minidl.config.types import Array, Shape
from minidl.layers.argument_checks import check_choice
from minidl.layers.layer import Layer


def data_format_of(owner: str, value: str | None) -> str:
    """The data format, `image_data_format()` where `None` is given."""
    chosen = image_data_format() if value is None else value
    return str(check_choice(owner, "data_format", chosen, ("channels_last", "channels_first")))


def channels_last(x: Array, data_format: str) -> Array:
    """A view of x, (batch, ..., channels)."""
    return x if data_format == "channels_last" else np.moveaxis(x, 1, -1)


def channels_back(y: Array, data_format: str) -> Array:
    """A view of an array with channels last, in the layer's data format."""
    return y if data_format == "channels_last" else np.moveaxis(y, -1, 1)


def shape_last(shape: Shape, data_format: str) -> Shape:
    """The shape with its channels last."""
    return shape if data_format == "channels_last" else (shape[0], *shape[2:], shape[1])


def shape_back(shape: Shape, data_format: str) -> Shape:
    """A shape with channels last, in the layer's data format."""
    return shape if data_format == "channels_last" else (shape[0], shape[-1], *shape[1:-1])


def check_channels(layer: Any, shape: Shape | list[Shape], rank: int, channels: int | None = None) -> None:
    """Raise ValueError unless the input has `rank` axes between batch and channels, and the expected number of channels."""
    axes = ("steps", "height, width", "depth, height, width")[rank - 1]
    inside = f"{axes}, channels" if layer.data_format == "channels_last" else f"channels, {axes}"
    if not isinstance(shape, tuple) or len(shape) != rank + 2 or any(isinstance(size, tuple) for size in shape):
        gray = isinstance(shape, tuple) and len(shape) == rank + 1
        where = "x[..., np.newaxis]" if layer.data_format == "channels_last" else "x[:, np.newaxis]"
        fix = f"; for a single channel give {where}" if gray else ""
        raise ValueError(f"{layer.title} expects inputs of shape (batch, {inside}), got shape {shape}{fix}")
    found = shape_last(shape, layer.data_format)[-1]
    if channels is not None and found != channels:
        raise ValueError(
            f"{layer.title} expects {channels} channels, got {found} in shape {shape}; its data_format is "
            f"{layer.data_format!r}, (batch, {inside}), and its weights were made for {channels}"
        )


def check_pooled(layer: Layer, shape: Shape, rank: int) -> None:
    """Raise ValueError for another rank, or an empty input, of a layer that pools all positions."""
    check_channels(layer, shape, rank)
    if 0 in shape[1:]:
        raise ValueError(f"{layer.title} needs at least one position to pool, got shape {shape}")
