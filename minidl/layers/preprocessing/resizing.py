"""`Resizing`: resizes images."""

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array
from minidl.kernels.crop import CropBox, crop_and_resize, crop_and_resize_backward, largest_box, padding_around
from minidl.kernels.resizing import INTERPOLATIONS
from minidl.layers.argument_checks import check_choice
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer


class Resizing(ImageLayer):
    """Resizes images; every pixel of the output is a weighted sum of pixels of the input.

    Integers become floats; Keras rounds to integers again.

    Args:
        height, width: the new size in pixels.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether to crop the centre to the new aspect ratio first, so that the image is not distorted.
        pad_to_aspect_ratio: whether to pad to the new aspect ratio first, equally on both sides.
        fill_mode: padding mode: "constant".
        fill_value: value of the padding.
        antialias: whether to apply an antialiasing filter when downsampling.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, a name is unknown, both ways to keep the aspect ratio are chosen, or x has
            another rank.
    Example:
        >>> Resizing(1, 2)(np.array([[[1.0], [2.0], [5.0], [6.0]]]))[0, :, 0]
        array([1.5, 5.5], dtype=float32)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height = check_positive_integer("Resizing", "height", height)
        self.width = check_positive_integer("Resizing", "width", width)
        self.interpolation = check_choice("Resizing", "interpolation", interpolation, INTERPOLATIONS)
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing keeps proportions by crop_to_aspect_ratio or by pad_to_aspect_ratio, got both")
        self.fill_mode = check_choice("Resizing", "fill_mode", fill_mode, ("constant",))
        self.fill_value = check_real("Resizing", "fill_value", fill_value)
        self.antialias = bool(antialias)
        self.data_format = data_format_of("Resizing", data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """Pad or crop to the aspect ratio if requested, then resize."""
        images = self.as_batch(x)
        rows, columns = self._padding(images.shape)
        if rows or columns:
            around = ((0, 0), (rows, rows), (columns, columns), (0, 0))
            images = np.pad(images, around, constant_values=x.dtype.type(self.fill_value))
        window = self._window(images.shape)
        y = crop_and_resize(images, window, self.height, self.width, self.interpolation, self.antialias)
        return self.as_came(y, x.ndim), (images.shape, window, rows, columns)

    def backward(self, dy: Array, cache: Any) -> Array:
        """The gradient of the interpolation, 0 for cropped pixels, without the padding."""
        shape, window, rows, columns = cache
        dx = crop_and_resize_backward(self.as_batch(dy), shape, window, self.interpolation, self.antialias)
        return self.as_came(dx[:, rows : shape[1] - rows, columns : shape[2] - columns], dy.ndim)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the new size."""
        return self.resized_shape(input_shape, self.height, self.width)

    def _padding(self, shape: tuple[int, ...]) -> tuple[int, int]:
        return padding_around(shape[1], shape[2], self.height, self.width) if self.pad_to_aspect_ratio else (0, 0)

    def _window(self, shape: tuple[int, ...]) -> CropBox:
        if self.crop_to_aspect_ratio:
            return largest_box(shape[1], shape[2], self.height, self.width)
        return CropBox(0, 0, shape[1], shape[2])
