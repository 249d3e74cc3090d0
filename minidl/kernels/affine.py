"""Affine and perspective transforms of images: the position in the input that each output pixel is interpolated from.

A transform is eight numbers (a0, a1, a2, b0, b1, b2, c0, c1): the output's pixel in column x and row y comes from the input's
column `(a0 * x + a1 * y + a2) / k` and row `(b0 * x + b1 * y + b2) / k`, where `k = c0 * x + c1 * y + 1`. Affine transforms
have `c0 = c1 = 0`.
"""

import numpy as np

from minidl.config.types import Array

_FAR = 2.0**30  # positions at infinity, where k is 0, are clipped to this


def positions(transforms: Array, height: int, width: int) -> tuple[Array, Array]:
    """Rows and columns of the input for each output pixel, (batch, height, width) each, of transforms (batch, 8)."""
    y, x = np.arange(height)[:, np.newaxis], np.arange(width)
    a0, a1, a2, b0, b1, b2, c0, c1 = np.asarray(transforms, "float64").T[:, :, np.newaxis, np.newaxis]  # (batch, 1, 1) each
    columns, rows = a0 * x + a1 * y + a2, b0 * x + b1 * y + b2
    if c0.any() or c1.any():
        k = c0 * x + c1 * y + 1
        k = np.where(np.abs(k) < 1e-12, 1e-12, k)
        columns, rows = np.clip(columns / k, -_FAR, _FAR), np.clip(rows / k, -_FAR, _FAR)
    return rows, columns


def matrices(transforms: Array) -> Array:
    """Transforms (batch, 8) as matrices (batch, 3, 3) of homogeneous coordinates."""
    return np.insert(np.asarray(transforms, "float64"), 8, 1.0, axis=-1).reshape(-1, 3, 3)


def rotations(angles: Array, height: int, width: int) -> Array:
    """Transforms that rotate images about their center, counterclockwise; angles in radians, (batch,)."""
    cos, sin = np.cos(angles), np.sin(angles)
    x, y = (width - 1) / 2, (height - 1) / 2
    return _affine(cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos)


def zooms(down: Array, across: Array, height: int, width: int) -> Array:
    """Transforms that zoom images about their center to `down` times the height and `across` times the width; (batch,) each."""
    x, y = (width - 1) / 2, (height - 1) / 2
    return _affine(across, 0.0, x - x * across, 0.0, down, y - y * down)


def shifts(down: Array, right: Array) -> Array:
    """Transforms that shift images, in pixels; (batch,) each."""
    return _affine(1.0, 0.0, -right, 0.0, 1.0, -down)


def shears(across: Array, down: Array) -> Array:
    """Transforms that shift each row by `across` times its number, and each column by `down` times its; (batch,) each."""
    return _affine(1.0, across, 0.0, down, 1.0, 0.0)


def perspectives(start: Array, end: Array) -> Array:
    """Transforms that move four points (x, y) of each image to four others, (batch, 4, 2) each.

    At each end point (x, y), the input's position is the start point (u, v): `a0 x + a1 y + a2 - c0 x u - c1 y u = u`, and
    the same for v, eight linear equations. If points coincide, as in images of one row, the solution with the smallest c.
    """
    (u, v), (x, y) = (np.moveaxis(np.asarray(points, "float64"), -1, 0) for points in (start, end))  # (batch, 4) each
    none, one = np.zeros_like(x), np.ones_like(x)
    for_columns = np.stack([x, y, one, none, none, none, -x * u, -y * u], axis=-1)
    for_rows = np.stack([none, none, none, x, y, one, -x * v, -y * v], axis=-1)
    equations, targets = np.concatenate([for_columns, for_rows], axis=1), np.concatenate([u, v], axis=1)
    weights = np.array([1.0] * 6 + [1e-4] * 2)  # pinv makes the sum of a^2, b^2 and (1e4 * c)^2 small
    numbers: Array = weights * np.einsum("bij,bj->bi", np.linalg.pinv(equations * weights), targets)
    return numbers


def _affine(*six: Array | float) -> Array:
    return np.stack(np.broadcast_arrays(*six, 0.0, 0.0), axis=-1)
