"""`MaxNumBoundingBoxes`: gives every image the same number of bounding boxes."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class MaxNumBoundingBoxes(ImageLayer):
    """Cuts the boxes of a dict of data to `max_number`, or fills up with `fill_value`; images and labels are unchanged.

    Args:
        max_number: number of boxes of each image.
        fill_value: value of boxes and labels that are filled up.
        **kwargs: as for `RandomFlip`.
    Shapes:
        boxes (batch, n, 4) -> (batch, max_number, 4); labels (batch, n) -> (batch, max_number).
    Raises:
        ValueError: `max_number` is not a positive integer.
    Example:
        >>> boxes = {"boxes": np.ones((1, 1, 4)), "labels": np.ones((1, 1))}
        >>> data = {"images": np.ones((1, 2, 2, 3)), "bounding_boxes": boxes}
        >>> MaxNumBoundingBoxes(2, bounding_box_format="xyxy")(data)["bounding_boxes"]["labels"]
        array([[ 1., -1.]])
    """

    draws = only_in_training = False

    @inherit_arguments(ImageLayer, without=("seed",))
    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.max_number = check_positive_integer("MaxNumBoundingBoxes", "max_number", max_number)
        self.fill_value = int(fill_value)

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | None = None, training: bool = True
    ) -> dict[str, Array]:
        """The first `max_number` boxes and labels."""
        changed = dict(bounding_boxes)
        for key in ("boxes", "labels"):
            rows = np.asarray(bounding_boxes[key])[:, : self.max_number]
            missing = [(0, 0), (0, self.max_number - rows.shape[1]), *[(0, 0)] * (rows.ndim - 2)]
            changed[key] = np.pad(rows, missing, constant_values=self.fill_value)
        return changed
