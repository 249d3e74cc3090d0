"""`ContrastLimitedAdaptiveHistogramEqualization` (CLAHE): spreads the values of the pixels, in each part of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.autodiff import value_of
from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Tensors
from minidl.layers.argument_checks import check_sizes
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import check_value_range, rescaled
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation

_BINS = 256


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Equalizes each tile of an image by its own curve, and interpolates between the curves of neighboring tiles; always.

    The curve of a tile is `255 * (darker pixels) / (all pixels)`, of counts that are clipped at `clip_limit` times their mean,
    which limits its slope, and with it the noise in even areas. The gradient is 0.

    Args:
        value_range: the smallest and the largest value of a pixel.
        clip_limit: the largest count of a value, as a multiple of the mean; 0 for no limit.
        tile_grid_size: number of tiles down and across; images are padded by their reflection to whole tiles.
        data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an argument is out of range, or x has another rank.
    Source: Pizer et al. 1987.
    Example:
        >>> x = np.array([[[0.0], [2.0], [1.0], [3.0]]])
        >>> ContrastLimitedAdaptiveHistogramEqualization(clip_limit=0, tile_grid_size=(1, 1))(x)[0, :, 0]
        array([  0., 170.,  85., 255.], dtype=float32)
    """

    draws = only_in_training = False

    @inherit_arguments(ImageLayer, without=("seed",))
    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Sequence[int] = (8, 8),
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.value_range = check_value_range(owner, value_range)
        self.clip_limit = check_real(owner, "clip_limit", clip_limit)
        self.tile_grid_size = check_sizes(owner, "tile_grid_size", tile_grid_size, 2)

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        pixels = value_of(images)  # as the number of a bin has no gradient
        values = rescaled(pixels, self.value_range, (0, 255))
        equalized = rescaled(self._equalized(values), (0, 255), self.value_range)
        return 0 * images + np.asarray(equalized, pixels.dtype)

    def _equalized(self, values: Array) -> Array:
        """Each pixel by the curves of the four tiles whose centers are nearest, weighted linearly."""
        batch, height, width, channels = values.shape
        (rows, columns) = self.tile_grid_size
        high, wide = -(-height // rows), -(-width // columns)  # size of a tile, rounded up
        around = ((0, 0), (0, high * rows - height), (0, wide * columns - width), (0, 0))
        bins = np.clip(np.pad(values, around, "symmetric").astype(np.int64), 0, _BINS - 1)
        tiles = bins.reshape(batch, rows, high, columns, wide, channels).transpose(0, 1, 3, 5, 2, 4)
        curves = self._curves(tiles.reshape(-1, high * wide)).reshape(batch, rows, columns, channels, _BINS)
        image, channel = np.arange(batch).reshape(-1, 1, 1, 1), np.arange(channels)
        bins = bins[:, :height, :width]
        y: Array = np.zeros(values.shape)
        for down, by_row in _nearest(height, high, rows):
            for across, by_column in _nearest(width, wide, columns):
                weight = (by_row[:, np.newaxis] * by_column)[..., np.newaxis]  # (height, width, 1)
                y += weight * curves[image, down[:, np.newaxis, np.newaxis], across[:, np.newaxis], channel, bins]
        return y

    def _curves(self, tiles: Array) -> Array:
        """The new value of each bin, (tiles, bins), for the bins of the pixels of each tile, (tiles, pixels)."""
        count, size = tiles.shape
        numbered = tiles + _BINS * np.arange(count)[:, np.newaxis]
        counts = np.bincount(numbered.ravel(), minlength=count * _BINS).reshape(count, _BINS).astype("float64")
        if self.clip_limit > 0:
            clipped = np.minimum(counts, self.clip_limit * size / _BINS)
            counts = clipped + (counts - clipped).sum(axis=1, keepdims=True) / _BINS
        darker = np.cumsum(counts, axis=1)
        least = darker[:, :1]
        others = size - least
        curves: Array = np.clip((darker - least) * 255 / np.where(others == 0, 1, others), 0, 255)
        return curves


def _nearest(size: int, tile: int, tiles: int) -> list[tuple[Array, Array]]:
    """The two tiles of one axis whose centers are nearest to each pixel, and their weights; one tile beyond the last center."""
    place = np.arange(size) / tile - 0.5  # 0 is the center of the first tile
    before = np.floor(place).astype(np.int64)
    share = place - before
    return [(np.clip(before, 0, tiles - 1), 1 - share), (np.clip(before + 1, 0, tiles - 1), share)]
