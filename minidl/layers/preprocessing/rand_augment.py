"""`RandAugment`: applies randomly chosen augmentations in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.argument_checks import check_sizes
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import check_value_range, factor_between
from minidl.layers.preprocessing.augmentation_steps import augmentation_steps, transformation_for
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class RandAugment(ImageLayer):
    """In training, applies `num_ops` augmentations drawn for the whole batch, one after the other; in inference `y = x`.

    They are drawn with replacement from shear, translation, rotation, brightness, color degeneration, contrast, sharpness,
    posterization, solarization, auto-contrast and equalization.

    Args:
        value_range: the smallest and the largest value of a pixel.
        num_ops: number of augmentations.
        factor: their strength, in [0, 1]: a pair (min, max), or one number f for (0, f).
        interpolation: "bilinear" or "nearest".
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an argument is out of range, or x has another rank.
    Source: Cubuk et al. 2020.
    Example:
        >>> RandAugment(num_ops=3, seed=1)(np.full((2, 4, 4, 3), 99.0), training=True).shape
        (2, 4, 4, 3)
    """

    mixes_batch = moves_pixels = True
    channel_counts = (1, 3)  # one of the augmentations needs gray values

    @inherit_arguments(ImageLayer)
    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        num_ops: int = 2,
        factor: float | Sequence[float] = 0.5,
        interpolation: str = "bilinear",
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("RandAugment", value_range)
        (self.num_ops,) = check_sizes("RandAugment", "num_ops", num_ops, 1, least=0)
        self.factor, self.interpolation = factor_between("RandAugment", "factor", factor, 0, 1), interpolation
        options = {"dtype": self.dtype, "bounding_box_format": self.bounding_box_format}
        self.steps = augmentation_steps(self.factor, self.value_range, interpolation, self.seed, **options)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        numbers = {name: transformation_for(step, generator, shape) for name, step in self.steps.items()}
        return {"transforms": numbers, "layer_idxes": generator.integers(0, len(self.steps), self.num_ops)}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        for step, numbers in self._chosen(transformation):
            images = step.adjust(images, numbers)
        return images

    def adjust_masks(self, masks: Array, transformation: Transformation) -> Array:
        for step, numbers in self._chosen(transformation):
            masks = step.adjust_masks(masks, numbers) if step.moves_pixels else masks
        return masks

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | None = None, training: bool = True
    ) -> dict[str, Array]:
        """The bounding boxes, moved like the images by each augmentation."""
        for step, numbers in self._chosen(transformation) if training and transformation is not None else []:
            bounding_boxes = step.transform_bounding_boxes(bounding_boxes, numbers)
        return bounding_boxes

    def _chosen(self, transformation: Transformation) -> list[tuple[ImageLayer, Transformation]]:
        names = list(self.steps)
        drawn = [names[int(index)] for index in np.ravel(transformation["layer_idxes"])]
        return [(self.steps[name], transformation["transforms"][name]) for name in drawn]
