"""Images in one form: a batch with its channels last; results go back to the form of the input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.ops.convolution import channels_back, channels_last
from minidl.ops.math import cast
from minidl.ops.shapes import expand_dims, ndim, shape, squeeze


def in_batches(function: Callable[[Array], Array], images: TensorLike, data_format: str | None) -> Array:
    """Apply a function of (batch, height, width, channels) to images in any format, or to a single one."""
    if ndim(images) not in (3, 4):
        raise ValueError(f"images have shape (batch, height, width, channels) or without batch, got {tuple(shape(images))}")
    single = ndim(images) == 3
    x = channels_last(expand_dims(images, 0) if single else images, data_format)
    y = channels_back(function(x), data_format)
    return squeeze(y, 0) if single else y


def as_float(images: Array) -> Array:
    """The images; integers as floats, as filters and weights of neighbors are fractions."""
    return images if np.dtype(images.dtype).kind == "f" else cast(images, floatx())
