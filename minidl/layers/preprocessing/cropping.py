"""`CenterCrop` and `RandomCrop`: crop images at the center or at random positions."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.kernels.crop import CropBox, center_box, largest_box
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.layers.preprocessing.fixed_size import FixedSize


class CenterCrop(FixedSize):
    """Crops the center of each image.

    For an image that is too small, the largest centered window with the same aspect ratio is resized bilinearly.

    Args:
        height, width: size of the crop, in pixels.
        data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, or x has another rank.
    Example:
        >>> CenterCrop(1, 2)(np.arange(12.0).reshape(3, 4, 1))[0, :, 0]
        array([5., 6.], dtype=float32)
    """

    draws = False

    @inherit_arguments(ImageLayer, without=("seed",))
    def __init__(self, height: int, width: int, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(height, width, **kwargs)

    def window(self, height: int, width: int, transformation: Transformation | None = None) -> CropBox:
        """The centered window of the size, or the largest one with its aspect ratio."""
        fits = height >= self.height and width >= self.width
        return (center_box if fits else largest_box)(height, width, self.height, self.width)


class RandomCrop(FixedSize):
    """Crops images at a random position in training, the same for all images of a batch.

    In inference, and for images that are too small, the largest centered window with the same aspect ratio is resized
    bilinearly. Keras documents the same, but does not change images in inference.

    Args:
        height, width: size of the crop, in pixels.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `bounding_box_format`, and what every `Layer` takes.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, or x has another rank.
    Example:
        >>> x = np.arange(12.0).reshape(3, 4, 1)
        >>> RandomCrop(1, 1, seed=1)(x, training=True).item() in x
        True
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(height, width, seed=seed, data_format=data_format, name=name, **kwargs)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        _, height, width, _ = shape
        if height < self.height or width < self.width:
            return self.fixed(shape)
        top, left = generator.integers(0, [height - self.height + 1, width - self.width + 1])
        return {"window": CropBox(int(top), int(left), self.height, self.width)}

    def fixed(self, shape: tuple[int, ...]) -> Transformation:
        return {"window": self.window(shape[1], shape[2])}

    def window(self, height: int, width: int, transformation: Transformation | None = None) -> CropBox:
        """The window that was drawn; without one, the largest one with the crop's aspect ratio."""
        if transformation is None:
            return largest_box(height, width, self.height, self.width)
        return CropBox(*transformation["window"])
