"""Resize images: every pixel of the output is a weighted sum of pixels of the input, along each axis in turn.

Pixel centers are at 0.5, 1.5, ...; the center of output pixel i is at `(i + 0.5) * scale` of the input, where `scale` is the
input's size divided by the output's. The weights of a method are a function of the distance from there to each input pixel's
center. They are truncated at the image's edge and then divided by their sum.

Source: Keys 1981 (bicubic, a = -0.5); Duchon 1979 (Lanczos' window); Turkowski 1990 (antialiasing by a wider filter).
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from minidl.config.types import Array

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def resize(x: Array, height: int, width: int, interpolation: str, antialias: bool = False) -> Array:
    """Resize images (batch, height, width, channels).

    Args:
        x: numbers; "nearest" accepts any dtype and keeps it, the others convert integers to floats.
        height, width: size of the output in pixels.
        interpolation: one of `INTERPOLATIONS`.
        antialias: whether downsampling widens the filter, which avoids aliasing.
    """
    x = resize_axis(x, 2, width, interpolation, antialias)
    return resize_axis(x, 1, height, interpolation, antialias)


def resize_backward(dy: Array, height: int, width: int, interpolation: str, antialias: bool = False) -> Array:
    """`dx` for images of that height and width: the transposed weights, the axes in reverse order."""
    dy = resize_axis_backward(dy, 1, height, interpolation, antialias)
    return resize_axis_backward(dy, 2, width, interpolation, antialias)


def resize_axis(x: Array, axis: int, size: int, interpolation: str, antialias: bool = False) -> Array:
    """Resize one axis."""
    if x.shape[axis] == size:
        return x  # all centers coincide, and every filter is 1 at distance 0 and 0 at other integers
    if interpolation == "nearest":
        return x.take(nearest_pixels(x.shape[axis], size), axis)
    floats = x if x.dtype.kind == "f" else x.astype("float32")
    return _apply_weights(floats, axis, weights(x.shape[axis], size, interpolation, antialias, floats.dtype.str))


def resize_axis_backward(dy: Array, axis: int, size: int, interpolation: str, antialias: bool = False) -> Array:
    """`dx` of that size along the axis."""
    if dy.shape[axis] == size:
        return dy
    if interpolation == "nearest":
        return _nearest_backward(dy, axis, size)
    return _apply_weights(dy, axis, weights(size, dy.shape[axis], interpolation, antialias, dy.dtype.str).T)


def nearest_pixels(before: int, after: int) -> Array:
    """The input pixel in which each output pixel's center lies: `floor((i + 0.5) * before / after)`, in integers."""
    return (2 * np.arange(after) + 1) * before // (2 * after)


@lru_cache(maxsize=64)
def weights(before: int, after: int, interpolation: str, antialias: bool, dtype: str) -> Array:
    """The matrix (after, before) of the weight of each input pixel in each output pixel; each row's sum is 1."""
    scale = before / after
    centers = (np.arange(after) + 0.5) * scale  # of the output's pixels, on the input
    distances = np.abs(centers[:, np.newaxis] - (np.arange(before) + 0.5))
    if antialias and scale > 1:
        distances /= scale
    matrix = _FILTERS[interpolation](distances)
    matrix /= matrix.sum(axis=1, keepdims=True)
    matrix = matrix.astype(dtype)
    matrix.flags.writeable = False  # the cached array must not be changed
    return matrix


def scaling_weights(before: int, after: int, scale: float, shift: float, interpolation: str, antialias: bool) -> Array:
    """The matrix (after, before) for `position * scale + shift`; zeros for pixels that come from beyond the edge."""
    places = (np.arange(after) + 0.5 - shift) / scale - 0.5
    distances = np.abs(places[:, np.newaxis] - np.arange(before)) / (max(1 / scale, 1.0) if antialias else 1.0)
    if interpolation not in _FILTERS:
        raise ValueError(f"the method is one of {list(_FILTERS)}, got {interpolation!r}")
    matrix: Array = _FILTERS[interpolation](distances)
    sums = matrix.sum(axis=1, keepdims=True)
    matrix = np.where(np.abs(sums) > 1e-4, matrix / np.where(sums == 0, 1, sums), 0)
    return matrix * ((places >= -0.5) & (places <= before - 0.5))[:, np.newaxis]


def _apply_weights(x: Array, axis: int, matrix: Array) -> Array:
    """`matrix` applied along one axis: (after, before) @ (..., before, what follows) -> (..., after, what follows)."""
    follows = math.prod(x.shape[axis + 1 :])
    y = matrix @ x.reshape(math.prod(x.shape[:axis]), x.shape[axis], follows)
    return y.reshape(*x.shape[:axis], len(matrix), *x.shape[axis + 1 :])


def _nearest_backward(dy: Array, axis: int, size: int) -> Array:
    """The sum over the output pixels that were taken from one input pixel; these are adjacent."""
    pixels = nearest_pixels(size, dy.shape[axis])
    if dy.shape[axis] < size:  # no input pixel was taken twice
        dx = np.zeros((*dy.shape[:axis], size, *dy.shape[axis + 1 :]), dy.dtype)
        dx[(slice(None),) * axis + (pixels,)] = dy
        return dx
    return np.add.reduceat(dy, np.searchsorted(pixels, np.arange(size)), axis)


def _triangle(distance: Array) -> Array:
    return np.maximum(0.0, 1.0 - distance)


def _cubic(distance: Array) -> Array:
    near = 1.0 + distance**2 * (1.5 * distance - 2.5)
    far = 2.0 - distance * (4.0 - distance * (2.5 - 0.5 * distance))
    return np.where(distance < 1.0, near, np.where(distance < 2.0, far, 0.0))


def _lanczos(radius: int) -> Callable[[Array], Array]:
    def windowed_sinc(distance: Array) -> Array:
        return np.where(distance < radius, np.sinc(distance) * np.sinc(distance / radius), 0.0)

    return windowed_sinc


_FILTERS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}
