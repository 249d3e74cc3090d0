"""`ImageLayer`: base class of the image layers, which change images alone or with what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, Unpack

import numpy as np

from minidl.config.randomness import make_generator
from minidl.config.types import Array, MaybeNone, Shape, Tensors
from minidl.layers.added_losses import augments_by_default, training_of_call
from minidl.layers.argument_checks import check_choice
from minidl.layers.channels import data_format_of, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.preprocessing.bounding_boxes import FORMATS, clip_to_image_size, convert_format, dense_boxes
from minidl.ops.image.formats import in_batches

Transformation: TypeAlias = dict[str, Any]  # random numbers by name


class ImageLayer(Layer):
    """Base of the image layers. Subclasses define `adjust`, and `draw` if they are random.

    A layer takes a batch of images, one image, or a dict with "images" and any of "labels", "bounding_boxes" and
    "segmentation_masks", of which it returns a new dict. One that moves pixels also defines `adjust_boxes`.
    """

    input_dtype = "float"
    draws = True  # whether its changes are random
    only_in_training = True  # whether `y = x` in inference
    moves_pixels = False  # whether bounding boxes and segmentation masks change too
    records_direct_calls = False  # without gradients, they take a third to a half of the time
    channel_counts: tuple[int, ...] = ()  # the numbers of channels that images may have; any if empty

    def __init__(
        self,
        seed: int | None = None,
        data_format: str | None = None,
        bounding_box_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.seed, self.bounding_box_format = seed, bounding_box_format
        if bounding_box_format is not None:
            self.bounding_box_format = check_choice(type(self).__name__, "bounding_box_format", bounding_box_format, FORMATS)
        self.data_format = data_format_of(type(self).__name__, data_format)
        self.generator = self.add_generator(seed) if self.draws else None

    # What subclasses define.

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        """The random numbers for images of this shape, (batch, height, width, channels)."""
        return {}

    def fixed(self, shape: tuple[int, ...]) -> Transformation:
        """What replaces the random numbers where nothing is drawn."""
        return {}

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        """The changed images, (batch, height, width, channels), written with functions that tensors have too."""
        raise TypeError(f"{self.title} defines no adjust(images, transformation)")

    def adjust_masks(self, masks: Array, transformation: Transformation) -> Array:
        """The changed segmentation masks, of a layer that moves pixels."""
        return self.adjust(masks, transformation)

    def adjust_boxes(self, boxes: Array, transformation: Transformation, height: int, width: int) -> Array:
        """The moved boxes (batch, boxes, 4) as left, top, right, bottom in pixels, for images of that size."""
        raise TypeError(f"{self.title} defines no adjust_boxes(boxes, transformation, height, width)")

    # What users call.

    def __call__(self, *args: Any, **kwargs: Any) -> Tensors:
        """Apply the layer to images, or to a dict of images and what belongs to them."""
        if not args:
            args = tuple(kwargs.pop(name) for name in ("data", "inputs", "x") if name in kwargs)
        data = args[0] if args else None
        kwargs["training"] = training_of_call(kwargs, data)
        if isinstance(data, Mapping):
            return self._all_changed(data, bool(kwargs["training"]))
        return super().__call__(*args, **kwargs)

    def call(self, data: Array, training: bool = True) -> Array:
        """The changed images; a direct call without `training` is one in training."""
        training = training or augments_by_default()
        return self._changed(data, self.get_random_transformation(data, training), training)

    def get_random_transformation(self, data: Array, training: bool = True, seed: object = None) -> Transformation | MaybeNone:
        """The random numbers for these images, or for those of a dict; `None` if images are unchanged."""
        if not self._is_active(training):
            return None
        images = data["images"] if isinstance(data, Mapping) else data
        shape = tuple(images.shape if hasattr(images, "shape") else np.shape(images))
        generator = (self.generator if seed is None else generator_of(seed)) if training and self.draws else None
        batch: tuple[Any, ...] = shape_last(shape if len(shape) == 4 else (1, *shape), self.data_format)
        drawn = self.fixed(batch) if generator is None else self.draw(generator, batch)
        return drawn | {"input_shape": shape} if self.moves_pixels else drawn

    def transform_images(
        self, images: Array, transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Array:
        """The images changed by these random numbers, those of `get_random_transformation`."""
        return self._changed(self.as_arrays(images), transformation, training)

    def transform_labels(
        self, labels: Tensors, transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Tensors:
        """The labels, unchanged."""
        return labels

    def transform_segmentation_masks(
        self, segmentation_masks: Tensors, transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Tensors:
        """The segmentation masks, moved like the images, from the nearest pixel."""
        if not self.moves_pixels or not self._changes(transformation, training):
            return segmentation_masks
        masks = self.as_arrays(segmentation_masks)
        return in_batches(lambda batch: self.adjust_masks(batch, transformation), masks, self.data_format)

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Tensors:
        """The bounding boxes, a dict of "boxes" and "labels", moved like the images; those outside get the label -1."""
        if not self.moves_pixels or not self._changes(transformation, training):
            return bounding_boxes
        shape = tuple(transformation["input_shape"])
        before, after = self._sizes(shape), self._sizes(self.compute_output_shape(shape))
        dense = dense_boxes(bounding_boxes)
        boxes = convert_format(dense["boxes"], str(self.bounding_box_format), "xyxy", *before)
        moved = self.adjust_boxes(boxes if boxes.ndim == 3 else boxes[np.newaxis], transformation, *before)
        moved = moved[0] if boxes.ndim == 2 and len(moved) == 1 else moved
        clipped = clip_to_image_size(dense | {"boxes": moved.astype(boxes.dtype)}, *after)
        return convert_format(clipped, "xyxy", str(self.bounding_box_format), *after)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def check_input(self, shape: Shape | list[Shape]) -> None:
        inside = "height, width, channels" if self.data_format == "channels_last" else "channels, height, width"
        is_shape = isinstance(shape, tuple) and not any(isinstance(size, tuple) for size in shape)
        if not is_shape or len(shape) not in (3, 4) or (len(shape) == 3 and shape[0] is None):
            gray = is_shape and len(shape) == 3
            where = "x[..., np.newaxis]" if self.data_format == "channels_last" else "x[:, np.newaxis]"
            raise ValueError(
                f"{self.title} expects images of shape (batch, {inside}), or one of shape ({inside}), got shape {shape}"
                + (f"; give images of one channel as {where}" if gray else "")
            )
        if 0 in shape[-3:]:
            raise ValueError(f"{self.title} expects images of at least one pixel, got shape {shape}")
        channels = shape[-1 if self.data_format == "channels_last" else -3]
        if self.channel_counts and channels not in (*self.channel_counts, None):
            one = "1 channel or " if 1 in self.channel_counts else ""
            raise ValueError(f"{self.title} expects images of {one}3 channels, red, green and blue, got shape {shape}")

    def _changed(self, images: Array, transformation: Transformation | MaybeNone, training: bool) -> Array:
        if not self._changes(transformation, training):
            return images
        return in_batches(lambda batch: self.adjust(batch, transformation), images, self.data_format)

    def _is_active(self, training: bool) -> bool:
        return training or not self.only_in_training

    def _changes(self, transformation: Transformation | None, training: bool) -> bool:
        return self._is_active(training) and not (self.draws and transformation is None)

    def _sizes(self, shape: Shape) -> tuple[Any, Any]:
        """Height and width in a shape of images."""
        height, width = shape[-3:-1] if self.data_format == "channels_last" else shape[-2:]
        return height, width

    def _all_changed(self, data: Mapping[str, object], training: bool) -> dict[str, object]:
        """The dict with its images, labels, boxes and masks changed by the same random numbers."""
        if "images" not in data:
            raise ValueError(
                f'{self.title} takes a dict with "images", and with "labels", "bounding_boxes" and "segmentation_masks" if '
                f"there are any: got the keys {list(data)}"
            )
        if "bounding_boxes" in data and not self.bounding_box_format:
            raise ValueError(f'{self.title} needs bounding_box_format, such as "xyxy", for data with "bounding_boxes"')
        images = self.as_arrays(data["images"])
        self.check_input(images.shape)
        numbers = self.get_random_transformation(images, training)
        changed = dict(data) | {"images": self.transform_images(images, numbers, training)}
        if "labels" in data:
            one = images.ndim == 3
            labels = self.transform_labels(np.asarray(data["labels"])[np.newaxis] if one else data["labels"], numbers, training)
            changed["labels"] = labels[0] if one else labels
        if "bounding_boxes" in data:
            boxes = dense_boxes(data["bounding_boxes"])
            changed["bounding_boxes"] = self.transform_bounding_boxes(boxes, numbers, training)
        if "segmentation_masks" in data:
            changed["segmentation_masks"] = self.transform_segmentation_masks(data["segmentation_masks"], numbers, training)
        return changed


def generator_of(seed: Any) -> np.random.Generator:
    """The generator for a seed: an integer, a `SeedGenerator`, or a generator."""
    if isinstance(seed, np.random.Generator):
        return seed
    return getattr(seed, "generator", None) or make_generator(seed)
