"""Normalization of groups of channels, forward and backward, with the scale and offset that follow."""

import math
from typing import NamedTuple

import numpy as np

from minidl.config.types import Array
from minidl.kernels.channels import channel_products, channel_sums, combine_channels, scale_channels, subtract_channels
from minidl.kernels.in_use import in_use
from minidl.kernels.reductions import row_sums

_PARTS = 8  # of the rows of a large batch, so that threads can share them
_LARGE = 1 << 18  # elements


class Groups(NamedTuple):
    """Which elements of an array are normalized together, and its layout: (batch * channels, positions, 1) or channels last.

    Vectors are (parts, channels), where parts is the array's first axis: the batch, or a few parts of it if `groups` is `None`.
    """

    batch: int
    channels: int
    groups: int | None  # of channels in each row; None: each channel over the whole batch

    def means(self, sums: Array, positions: int) -> Array:
        """The mean over all elements that are normalized together, from the sums of each channel over its positions."""
        if self.groups is None and self.batch == 1:
            return np.asarray(sums / max(positions, 1))
        if self.groups is None:
            return self.vector(self.sums(sums) / max(self.batch * positions, 1), sums)
        shape = (self.batch, self.groups, self.channels // self.groups)
        means = np.empty(shape, sums.dtype)
        means[...] = row_sums(sums.reshape(shape)) / max(positions * shape[2], 1)
        return means.reshape(sums.shape)

    def vector(self, weight: Array, x: Array) -> Array:
        """A weight for each channel, for an array of that many parts: (channels,) -> (parts or 1, channels)."""
        if x.shape[-1] == self.channels:
            return weight.reshape(1, self.channels)
        return np.tile(weight, self.batch).reshape(len(x), x.shape[-1])

    def first(self, vector: Array) -> Array:
        """The first row's numbers for each channel: (parts, channels) -> (channels,)."""
        return np.asarray(vector.reshape(-1, self.channels)[0])

    def sums(self, vector: Array) -> Array:
        """The sums of each channel over the batch: (parts, channels) -> (channels,)."""
        of_rows = vector.reshape(self.batch, self.channels)
        return of_rows[0] if self.batch == 1 else np.asarray(of_rows.sum(axis=0))


def in_parts(x: Array, axis: int, groups: int | None) -> tuple[Array, Groups]:
    """The array as (batch * channels, positions, 1), or as (batch, positions, channels) where the channels are last."""
    x = np.ascontiguousarray(x)  # otherwise the order of summation, and so the rounding, would depend on the memory layout
    if axis % x.ndim < x.ndim - 1:
        moved = np.ascontiguousarray(np.moveaxis(x, axis, 1))
        batch, channels = moved.shape[:2]
        return moved.reshape(batch * channels, math.prod(moved.shape[2:]), 1), Groups(batch, channels, groups)
    batch, channels = len(x), x.shape[-1]
    rows = math.prod(x.shape[:-1])
    if groups is None:
        batch = math.gcd(rows, _PARTS) if x.size >= _LARGE else 1
    return x.reshape(batch, rows // max(batch, 1), channels), Groups(batch, channels, groups)


def restore(parts: Array, shape: tuple[int, ...], axis: int) -> Array:
    """The inverse of `in_parts`, for an array of that shape."""
    if axis % len(shape) == len(shape) - 1:
        return parts.reshape(shape)
    moved = list(shape)
    moved.insert(1, moved.pop(axis))
    return np.moveaxis(parts.reshape(moved), 1, axis)


class Centered(NamedTuple):
    """An array minus its means; these are rounded in float32, and `rest` is what they lack."""

    x: Array
    rest: Array
    mean: Array
    variance: Array


def center(x: Array, groups: Groups) -> Centered:
    """`x - mean`, and the variance as the mean of its squares, which is precise far from 0 too."""
    positions = x.shape[1]
    mean = groups.means(channel_sums(x), positions)
    centered = in_use[subtract_channels](x, mean)
    rest, squares = (groups.means(sums, positions) for sums in in_use[channel_products](centered, centered))
    return Centered(centered, rest, mean + rest, np.maximum(squares - rest * rest, 0))


def scale_centered(centered: Centered, factor: Array, beta: Array) -> Array:
    """`y = (x - mean) * factor + beta`."""
    return in_use[scale_channels](centered.x, factor, beta - centered.rest * factor)


def group_normalize_backward(
    dy: Array, centered: Centered, inverse: Array, gamma: Array, groups: Groups
) -> tuple[Array, Array, Array]:
    """`dx = inverse * (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat))`, where `dx_hat = gamma * dy`.

    Here `x_hat = (x - mean) * inverse`, and `inverse = 1 / sqrt(variance + epsilon)`.

    Returns:
        dx, and for each channel `sum(dy * x_hat)` and `sum(dy)`.
    """
    sum_dy, products = in_use[channel_products](dy, centered.x)
    sum_dy_x_hat = inverse * (products - centered.rest * sum_dy)
    mean, along = (groups.means(gamma * sums, dy.shape[1]) for sums in (sum_dy, sum_dy_x_hat))
    # dx = gamma * inverse * dy - inverse * mean - inverse * along * x_hat, with x_hat = inverse * (centered.x - centered.rest)
    slope = -inverse * inverse * along
    dx = in_use[combine_channels](dy, gamma * inverse, centered.x, slope, -inverse * mean - slope * centered.rest)
    return dx, groups.sums(sum_dy_x_hat), groups.sums(sum_dy)


def sums_of_gradients(dy: Array, centered: Centered, inverse: Array, groups: Groups) -> tuple[Array, Array]:
    """For each channel `sum(dy * x_hat)` and `sum(dy)`."""
    sum_dy, products = in_use[channel_products](dy, centered.x)
    return groups.sums(inverse * (products - centered.rest * sum_dy)), groups.sums(sum_dy)
