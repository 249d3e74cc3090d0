"""`RandomFlip`: flips images randomly in training."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.argument_checks import check_choice
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import each
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation

_FLIPPED = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}


class RandomFlip(ImageLayer):
    """Flips each image with probability 1/2 in training; in inference `y = x`.

    Args:
        mode: "horizontal" (left and right are swapped), "vertical" (top and bottom), or "horizontal_and_vertical": both
            together, with one draw, as in Keras.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `bounding_box_format`, such as "xyxy", of the boxes in a dict of data; `name`, `dtype` and what every `Layer`
            takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: `mode` is unknown, or x has another rank.
    Example:
        >>> flip = RandomFlip("horizontal", seed=1)
        >>> {tuple(flip([[[1.0], [2.0]]], training=True)[0, :, 0].tolist()) for _ in range(20)} == {(1.0, 2.0), (2.0, 1.0)}
        True
    """

    moves_pixels = True

    @inherit_arguments(ImageLayer)
    def __init__(self, mode: str = "horizontal_and_vertical", **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.mode = check_choice("RandomFlip", "mode", mode, tuple(_FLIPPED))

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        return {"flips": each(generator.random(shape[0]) < 0.5)}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        chosen = np.broadcast_to(each(transformation["flips"]), images.shape)
        return np.where(chosen, np.flip(images, _FLIPPED[self.mode]), images)

    def adjust_boxes(self, boxes: Array, transformation: Transformation, height: int, width: int) -> Array:
        left, top, right, bottom = np.moveaxis(boxes, -1, 0)
        if self.mode != "vertical":
            left, right = width - right, width - left
        if self.mode != "horizontal":
            top, bottom = height - bottom, height - top
        flipped = np.stack([left, top, right, bottom], axis=-1)
        return np.where(each(transformation["flips"])[..., 0], flipped, boxes)  # (batch, 1, 1), (batch, boxes, 4)
