"""Affine transforms of images: every output pixel is interpolated from a position of the input.

A transform is six numbers (a0, a1, a2, b0, b1, b2): the output's pixel in column x and row y comes from the input's column
`a0 * x + a1 * y + a2` and row `b0 * x + b1 * y + b2`. Pixels lie at integers; between them the four neighbours are weighted
("bilinear") or the nearest is used. Beyond the edge, an image is extended by its fill mode:

    constant    k k k k | a b c d | k k k k
    nearest     a a a a | a b c d | d d d d
    reflect     d c b a | a b c d | d c b a
    wrap        a b c d | a b c d | a b c d

All this is linear in the pixels. So one sparse matrix holds the weight of each input pixel in each output pixel; the forward
pass is `matrix @ x`, the backward pass `matrix.T @ dy`.
"""

import itertools
from typing import Any

import numpy as np

from minidl.config.types import Array

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
AFFINE_INTERPOLATIONS = ("nearest", "bilinear")


def affine(x: Array, matrix: Any, fill_value: float = 0.0) -> Array:
    """Transform images (batch, height, width, channels) by their matrix, with `fill_value` for weights missing to 1."""
    y: Array = matrix @ x.reshape(-1, x.shape[-1])  # (pixels, pixels) @ (pixels, channels)
    if fill_value:
        y += x.dtype.type(fill_value) * (1 - matrix.sum(axis=1, dtype=x.dtype)).reshape(-1, 1)
    return y.reshape(x.shape)


def affine_backward(dy: Array, matrix: Any) -> Array:
    """`dx`: the transposed product."""
    dx: Array = matrix.T @ dy.reshape(-1, dy.shape[-1])
    return dx.reshape(dy.shape)


def lookup_matrix(
    transforms: Array, height: int, width: int, interpolation: str, fill_mode: str, dtype: Any = "float32"
) -> Any:
    """The sparse matrix of the weight of each input pixel in each output pixel, for a batch of images of that size.

    Args:
        transforms: one for each image, (batch, 6).
        height, width: size of the images in pixels.
        interpolation: "nearest" or "bilinear".
        fill_mode: one of `FILL_MODES`; with "constant", pixels beyond the edge have weight 0.
        dtype: dtype of the matrix.
    """
    from scipy.sparse import csr_array  # here, because importing minidl loads NumPy alone

    rows, columns = np.arange(height)[:, np.newaxis], np.arange(width)
    a0, a1, a2, b0, b1, b2 = np.asarray(transforms, "float64").T[:, :, np.newaxis, np.newaxis]  # (batch, 1, 1) each
    row_parts = _neighbours(b0 * columns + b1 * rows + b2, height, interpolation, fill_mode, dtype)
    column_parts = _neighbours(a0 * columns + a1 * rows + a2, width, interpolation, fill_mode, dtype)
    size, neighbours = len(transforms) * height * width, len(row_parts) * len(column_parts)
    first = np.arange(0, size, height * width, dtype=np.int32).reshape(-1, 1, 1)  # the number of each image's first pixel
    pixels = np.empty((len(transforms), height, width, neighbours), np.int32)
    counts = np.empty(pixels.shape, dtype)
    for n, ((y, in_y), (x, in_x)) in enumerate(itertools.product(row_parts, column_parts)):
        pixels[..., n] = first + y * width + x
        counts[..., n] = in_y * in_x
    starts = np.arange(0, (size + 1) * neighbours, neighbours)
    return csr_array((counts.ravel(), pixels.ravel(), starts), shape=(size, size))


def rotations(angles: Array, height: int, width: int) -> Array:
    """Transforms that rotate images about their centre, counterclockwise; angles in radians, (batch,)."""
    cos, sin = np.cos(angles), np.sin(angles)
    x, y = (width - 1) / 2, (height - 1) / 2
    return np.stack([cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos], axis=-1)


def zooms(down: Array, across: Array, height: int, width: int) -> Array:
    """Transforms that zoom images about their centre to `down` times the height and `across` times the width; (batch,) each."""
    x, y, none = (width - 1) / 2, (height - 1) / 2, np.zeros_like(down)
    return np.stack([across, none, x - x * across, none, down, y - y * down], axis=-1)


def shifts(down: Array, right: Array) -> Array:
    """Transforms that shift images, in pixels; (batch,) each."""
    one, none = np.ones_like(down), np.zeros_like(down)
    return np.stack([one, none, -right, none, one, -down], axis=-1)


def _neighbours(places: Array, size: int, interpolation: str, fill_mode: str, dtype: Any) -> list[tuple[Array, Array]]:
    """The input pixels of one axis that contribute to each position, and their weights."""
    if interpolation == "nearest":
        below = np.trunc(places + np.copysign(0.5, places)).astype(np.int32)  # round half away from zero, as in Keras
        parts = [(below, np.ones(places.shape, dtype))]
    else:
        floor = np.floor(places)
        below, share = floor.astype(np.int32), (places - floor).astype(dtype)
        parts = [(below, 1 - share), (below + 1, share)]
    return [_within(pixels, counts, size, fill_mode) for pixels, counts in parts]


def _within(pixels: Array, counts: Array, size: int, fill_mode: str) -> tuple[Array, Array]:
    """Pixel indices inside the image for those beyond its edge; with "constant" they have weight 0."""
    if fill_mode == "constant":
        counts = counts * ((pixels >= 0) & (pixels < size))
    if fill_mode == "wrap":
        return pixels % size, counts
    if fill_mode == "reflect":
        again = pixels % (2 * size)
        return np.minimum(again, 2 * size - 1 - again), counts
    return np.clip(pixels, 0, size - 1), counts
