"""`RandomWarp`: base class of the layers that move the pixels of images randomly in training."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.affine import matrices, positions
from minidl.kernels.interpolation import FILL_MODES, SAMPLING, interpolation_matrix
from minidl.layers.argument_checks import check_choice
from minidl.layers.options import RandomImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.layers.preprocessing.bounding_boxes import moved_boxes
from minidl.ops.image.sampling import interpolate


class RandomWarp(ImageLayer):
    """Base of the layers whose output pixels are interpolated from random positions of the input.

    Subclasses define `draw`, and `transforms` or `positions`.
    """

    moves_pixels = True
    fill_modes: tuple[str, ...] = FILL_MODES

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Unpack[RandomImageOptions],
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        owner = type(self).__name__
        self.fill_mode = check_choice(owner, "fill_mode", fill_mode, self.fill_modes)
        self.interpolation = check_choice(owner, "interpolation", interpolation, SAMPLING)
        self.fill_value = check_real(owner, "fill_value", fill_value)

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        """The transform of each image, (batch, 8), see `minidl.kernels.affine`."""
        raise TypeError(f"{self.title} defines no transforms(transformation, height, width)")

    def positions(self, transformation: Transformation, height: int, width: int) -> tuple[Array, Array]:
        """Rows and columns of the input for each output pixel, (batch, height, width) each."""
        return positions(self.transforms(transformation, height, width), height, width)

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        return self._interpolated(images, transformation, self.interpolation)

    def adjust_masks(self, masks: Array, transformation: Transformation) -> Array:
        return self._interpolated(masks, transformation, "nearest")

    def adjust_boxes(self, boxes: Array, transformation: Transformation, height: int, width: int) -> Array:
        return moved_boxes(boxes, np.linalg.inv(matrices(self.transforms(transformation, height, width))))

    def _interpolated(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        rows, columns = self.positions(transformation, *images.shape[1:3])
        matrix = interpolation_matrix(rows, columns, interpolation, self.fill_mode, images.dtype)
        return interpolate(images, matrix=matrix, fill_value=self.fill_value)
