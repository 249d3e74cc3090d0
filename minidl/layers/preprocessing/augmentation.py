"""`Augmentation`: base class of the layers that change images randomly in training, alone or with what belongs to them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minidl.config.randomness import make_generator
from minidl.config.types import Array
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer


class Augmentation(ImageLayer):
    """Base of the random image layers. Subclasses define `draw` and `adjust`; outside training `y = x`.

    A layer takes a batch of images, one image, or a dict with "images" and any of "labels", "bounding_boxes" and
    "segmentation_masks", of which it returns a new dict.
    """

    input_dtype = "float"
    only_in_training = True
    needs_colors = False

    def __init__(
        self, seed: int | None = None, data_format: str | None = None, bounding_box_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.seed, self.bounding_box_format = seed, bounding_box_format
        self.data_format = data_format_of(type(self).__name__, data_format)
        self.generator = self.add_generator(seed)

    def draw(self, generator: np.random.Generator, shape: Any) -> Any:
        """The random numbers for images of this shape, (batch, height, width, channels)."""
        return {}

    def adjust(self, images: Any, transformation: Any) -> Any:
        """The changed images, (batch, height, width, channels), written with functions that tensors have too."""
        raise TypeError(f"{self.title} defines no adjust(images, transformation)")

    def get_random_transformation(self, data: Any, training: bool = True, seed: int | None = None) -> Any:
        """The random numbers for these images; `None` outside training."""
        if not (training or not self.only_in_training):
            return None
        images = data["images"] if isinstance(data, Mapping) else data
        shape = tuple(images.shape if hasattr(images, "shape") else np.shape(images))
        shape = shape if len(shape) == 4 else (1, *shape)
        if self.data_format == "channels_first":
            shape = (shape[0], *shape[2:], shape[1])
        return self.draw(self.generator if seed is None else make_generator(seed), shape)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images changed by these random numbers, those of `get_random_transformation`."""
        return self._transformed(self.as_arrays(images), transformation if training else None)

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels, unchanged."""
        return labels

    def transform_bounding_boxes(self, bounding_boxes: Any, transformation: Any, training: bool = True) -> Any:
        """The bounding boxes, unchanged."""
        return bounding_boxes

    def transform_segmentation_masks(self, segmentation_masks: Any, transformation: Any, training: bool = True) -> Any:
        """The segmentation masks, unchanged."""
        return segmentation_masks

    def call(self, data: Any, training: bool = False) -> Any:
        """The changed images."""
        return self._transformed(data, self.get_random_transformation(data, self.augments(training)))

    def transform_all(self, data: Mapping[str, Any], training: bool) -> dict[str, Any]:
        """The dict with its images, labels, boxes and masks changed by the same random numbers."""
        if "bounding_boxes" in data and not self.bounding_box_format:
            raise ValueError(f'{self.title} needs bounding_box_format, such as "xyxy", for data with "bounding_boxes"')
        images = np.asarray(data["images"])
        self.check_input(images.shape)
        transformation = self.get_random_transformation(images, training)
        changed = dict(data) | {"images": self.transform_images(images, transformation, training)}
        for key in ("labels", "bounding_boxes", "segmentation_masks"):
            if key in data:
                changed[key] = getattr(self, f"transform_{key}")(data[key], transformation, training)
        return changed

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def check_input(self, shape: Any) -> None:
        """Raise ValueError unless the input is an image or a batch of images, of three colors if the layer needs them."""
        super().check_input(shape)
        axis = -1 if self.data_format == "channels_last" else -3
        if self.needs_colors and shape[axis] not in (3, None):
            raise ValueError(f"{self.title} expects images of 3 channels, red, green and blue, got shape {shape}")

    def _transformed(self, images: Any, transformation: Any) -> Any:
        if transformation is None:
            return images
        batch = images if images.ndim == 4 else images[np.newaxis]
        if self.data_format == "channels_first":
            batch = np.moveaxis(self.adjust(np.moveaxis(batch, 1, -1), transformation), -1, 1)
        else:
            batch = self.adjust(batch, transformation)
        return batch if images.ndim == 4 else batch[0]


def check_value_range(owner: str, value_range: Any) -> tuple[float, float]:
    """The smallest and the largest value of a pixel."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(f"{owner} expects value_range to be a pair of numbers, got {value_range!r}")
    low, high = sorted(value_range)
    return low, high


def factor_between(owner: str, argument: str, factor: Any, low: float, high: float, *, from_low: bool = False) -> Any:
    """The smallest and the largest factor: of a pair, or of one number f, `max(low, -f)` (or `low`) and f."""
    numbers = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,)
    good = all(isinstance(number, (int, float)) and low <= number <= high for number in numbers)
    if not good or len(numbers) > 2 or not numbers:
        raise ValueError(f"{owner} expects {argument} to be a number in [{low:g}, {high:g}], or a pair of them, got {factor!r}")
    if len(numbers) == 2:
        return tuple(sorted(numbers))
    return (low if from_low else max(-abs(numbers[0]), low)), abs(numbers[0])


def rescaled(images: Any, before: tuple[float, float], after: tuple[float, float]) -> Any:
    """Images with values in the range `before`, stretched to the range `after`."""
    if tuple(before) == tuple(after):
        return images
    return (images - before[0]) / (before[1] - before[0]) * (after[1] - after[0]) + after[0]


def drawn(generator: np.random.Generator, factor: tuple[float, float], size: Any) -> Array:
    """Numbers drawn uniformly between the two ends of a factor."""
    low, high = factor
    numbers: Array = generator.uniform(low, high, size)
    return numbers


def each(numbers: Any) -> Array:
    """Numbers for each image, (batch,), as (batch, 1, 1, 1)."""
    of_each: Array = np.asarray(numbers).reshape(-1, 1, 1, 1)
    return of_each
