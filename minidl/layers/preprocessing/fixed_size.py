"""`FixedSize`: base class of the layers that crop or resize images to one size."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, Shape
from minidl.kernels.crop import CropBox
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.ops.image.framing import resample
from minidl.ops.repetition import pad


class FixedSize(ImageLayer):
    """Base of the layers whose images have one size: they pad, cut out a window, and resize it if its size differs."""

    only_in_training = False
    moves_pixels = True
    interpolation = "bilinear"
    antialias = False
    fill_value = 0.0

    def __init__(self, height: int, width: int, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.height = check_positive_integer(type(self).__name__, "height", height)
        self.width = check_positive_integer(type(self).__name__, "width", width)

    def padding(self, height: int, width: int) -> tuple[int, int]:
        """Rows above and below, and columns on both sides, that are added to images of that size."""
        return 0, 0

    def window(self, height: int, width: int, transformation: Transformation | None = None) -> CropBox:
        """The window of padded images of that size that is cut out."""
        raise TypeError(f"{self.title} defines no window(height, width, transformation)")

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        return self._crop_and_resize(images, transformation, self.interpolation, self.antialias)

    def adjust_masks(self, masks: Array, transformation: Transformation) -> Array:
        return self._crop_and_resize(masks, transformation, "nearest", False)

    def adjust_boxes(self, boxes: Array, transformation: Transformation, height: int, width: int) -> Array:
        """`(x - left) * width / window width`, and the same down; boxes without area, which fill up rows, become zeros."""
        rows, columns = self.padding(height, width)
        window = self.window(height + 2 * rows, width + 2 * columns, transformation)
        corner = np.array([window.left - columns, window.top - rows] * 2)
        moved = (boxes - corner) * ([self.width / window.width, self.height / window.height] * 2)
        return np.where((boxes[..., 2:] > boxes[..., :2]).all(axis=-1, keepdims=True), moved, 0.0)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.data_format == "channels_last":
            return (*input_shape[:-3], self.height, self.width, input_shape[-1])
        return (*input_shape[:-2], self.height, self.width)

    def _crop_and_resize(self, images: Array, transformation: Transformation, interpolation: str, antialias: bool) -> Array:
        rows, columns = self.padding(*images.shape[1:3])
        if rows or columns:
            images = pad(images, ((0, 0), (rows, rows), (columns, columns), (0, 0)), "constant", self.fill_value)
        height, width = images.shape[1:3]
        window = self.window(height, width, transformation)
        cut = images[window.inside]
        if (window.height, window.width) == (self.height, self.width):
            return cut
        return resample(cut, height=self.height, width=self.width, interpolation=interpolation, antialias=antialias)
