"""`Resizing`: resizes images."""

from __future__ import annotations

from typing import Unpack

from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.kernels.crop import CropBox, largest_box, padding_around
from minidl.kernels.resizing import INTERPOLATIONS
from minidl.layers.argument_checks import check_choice
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.layers.preprocessing.fixed_size import FixedSize


class Resizing(FixedSize):
    """Resizes images; every pixel of the output is a weighted sum of pixels of the input.

    Integers become floats; Keras rounds to integers again.

    Args:
        height, width: the new size in pixels.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        crop_to_aspect_ratio: whether to crop the center to the new aspect ratio first, so that the image is not distorted.
        pad_to_aspect_ratio: whether to pad to the new aspect ratio first, equally on both sides.
        fill_mode: padding mode: "constant".
        fill_value: value of the padding.
        antialias: whether to apply an antialiasing filter when downsampling.
        data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, a name is unknown, both ways to keep the aspect ratio are chosen, or x has
            another rank.
    Example:
        >>> Resizing(1, 2)(np.array([[[1.0], [2.0], [5.0], [6.0]]]))[0, :, 0]
        array([1.5, 5.5], dtype=float32)
    """

    draws = False

    @inherit_arguments(ImageLayer, without=("seed",))
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
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(height, width, **kwargs)
        self.interpolation = check_choice("Resizing", "interpolation", interpolation, INTERPOLATIONS)
        self.crop_to_aspect_ratio, self.pad_to_aspect_ratio = bool(crop_to_aspect_ratio), bool(pad_to_aspect_ratio)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing keeps proportions by crop_to_aspect_ratio or by pad_to_aspect_ratio, got both")
        self.fill_mode = check_choice("Resizing", "fill_mode", fill_mode, ("constant",))
        self.fill_value = check_real("Resizing", "fill_value", fill_value)
        self.antialias = bool(antialias)

    def padding(self, height: int, width: int) -> tuple[int, int]:
        """Padding to the new aspect ratio, if requested."""
        return padding_around(height, width, self.height, self.width) if self.pad_to_aspect_ratio else (0, 0)

    def window(self, height: int, width: int, transformation: Transformation | None = None) -> CropBox:
        """The whole image, or the largest window with the new aspect ratio."""
        if self.crop_to_aspect_ratio:
            return largest_box(height, width, self.height, self.width)
        return CropBox(0, 0, height, width)
