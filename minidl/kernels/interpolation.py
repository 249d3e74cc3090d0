"""Images interpolated at any positions: each output pixel is a weighted sum of pixels of the input.

Pixels lie at integers; between them the four neighbors are weighted ("bilinear") or the nearest is used. Beyond the edge, an
image is extended by its fill mode:

    constant    k k k k | a b c d | k k k k
    nearest     a a a a | a b c d | d d d d
    mirror      d c b   | a b c d |   c b a
    reflect     d c b a | a b c d | d c b a
    wrap        a b c d | a b c d | a b c d

All this is linear in the pixels. So one sparse matrix holds the weight of each input pixel in each output pixel; the forward
pass is `matrix @ x`, the backward pass `matrix.T @ dy`.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from minidl.config.types import Array, DTypeLike

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
SAMPLING = ("nearest", "bilinear")


def interpolated(x: Array, matrix: csr_array, fill_value: float = 0.0) -> Array:
    """Images (batch, height, width, channels) at the positions of their matrix, with `fill_value` for weights missing to 1."""
    y: Array = matrix @ x.reshape(-1, x.shape[-1])  # (pixels, pixels) @ (pixels, channels)
    if fill_value:
        y += x.dtype.type(fill_value) * (1 - matrix.sum(axis=1, dtype=x.dtype)).reshape(-1, 1)
    return y.reshape(x.shape)


def interpolated_backward(dy: Array, matrix: csr_array) -> Array:
    """`dx`: the transposed product."""
    dx: Array = matrix.T @ dy.reshape(-1, dy.shape[-1])
    return dx.reshape(dy.shape)


def interpolation_matrix(
    rows: Array, columns: Array, interpolation: str, fill_mode: str, dtype: DTypeLike = "float32"
) -> csr_array:
    """The sparse matrix of the weight of each input pixel in each output pixel, for a batch of images.

    Args:
        rows, columns: position in the input for each output pixel, (batch, height, width) each.
        interpolation: "nearest" or "bilinear".
        fill_mode: how an image is extended; with "constant", pixels beyond the edge have weight 0.
        dtype: dtype of the matrix.
    """
    from scipy.sparse import csr_array  # here, because importing minidl loads NumPy alone

    batch, height, width = rows.shape
    row_parts = _neighbors(rows, height, interpolation, fill_mode, dtype)
    column_parts = _neighbors(columns, width, interpolation, fill_mode, dtype)
    size, neighbors = batch * height * width, len(row_parts) * len(column_parts)
    first = np.arange(0, size, height * width, dtype=np.int32).reshape(-1, 1, 1)  # the number of each image's first pixel
    pixels = np.empty((batch, height, width, neighbors), np.int32)
    counts = np.empty(pixels.shape, dtype)
    for n, ((y, in_y), (x, in_x)) in enumerate(itertools.product(row_parts, column_parts)):
        pixels[..., n] = first + y * width + x
        counts[..., n] = in_y * in_x
    starts = np.arange(0, (size + 1) * neighbors, neighbors)
    return csr_array((counts.ravel(), pixels.ravel(), starts), shape=(size, size))


def _neighbors(places: Array, size: int, interpolation: str, fill_mode: str, dtype: DTypeLike) -> list[tuple[Array, Array]]:
    """The input pixels of one axis that contribute to each position, and their weights."""
    if interpolation == "nearest":
        below = np.trunc(places + np.copysign(0.5, places)).astype(np.int32)  # round half away from zero, as in Keras
        parts = [(below, np.ones(places.shape, dtype))]
    else:
        floor = np.floor(places)
        below, share = floor.astype(np.int32), (places - floor).astype(dtype)
        parts = [(below, 1 - share), (below + 1, share)]
    if fill_mode == "constant":
        parts = [(pixels, counts * ((pixels >= 0) & (pixels < size))) for pixels, counts in parts]
    return [(inside(pixels, size, fill_mode), counts) for pixels, counts in parts]


def inside(pixels: Array, size: int, fill_mode: str) -> Array:
    """Pixel indices inside the image for those beyond its edge; with "constant", those at the edge."""
    if fill_mode == "wrap":
        return pixels % size
    if fill_mode in ("reflect", "mirror"):
        period, edge = (2 * size, 1) if fill_mode == "reflect" else (max(2 * (size - 1), 1), 0)
        again = pixels % period
        pixels = np.minimum(again, period - edge - again)
    return np.clip(pixels, 0, size - 1)
