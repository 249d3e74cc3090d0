"""Crop and resize images."""

from typing import NamedTuple

from minidl.config.types import Array
from minidl.kernels.resizing import resize


class CropBox(NamedTuple):
    """A rectangle of an image, in pixels."""

    top: int
    left: int
    height: int
    width: int

    @property
    def inside(self) -> tuple[slice, slice, slice]:
        """The index of the window in (batch, height, width, channels)."""
        return slice(None), slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def center_box(height: int, width: int, new_height: int, new_width: int) -> CropBox:
    """The centered window of the new size in an image that is at least as large."""
    return CropBox((height - new_height) // 2, (width - new_width) // 2, new_height, new_width)


def largest_box(height: int, width: int, new_height: int, new_width: int) -> CropBox:
    """The largest centered window with the aspect ratio of the new size."""
    tall = max(min(height, width * new_height // new_width), 1)
    wide = max(min(width, height * new_width // new_height), 1)
    return center_box(height, width, tall, wide)


def padding_around(height: int, width: int, new_height: int, new_width: int) -> tuple[int, int]:
    """Padding of rows or columns that gives an image the aspect ratio of the new size."""
    tall = max(height, width * new_height // new_width)
    wide = max(width, height * new_width // new_height)
    rows = (tall - height) // 2
    return rows, 0 if rows else (wide - width) // 2


def crop_and_resize(
    x: Array, window: CropBox, height: int, width: int, interpolation: str = "bilinear", antialias: bool = False
) -> Array:
    """Crop a window of each image, and resize it if its size differs."""
    return resize(x[window.inside], height, width, interpolation, antialias)
