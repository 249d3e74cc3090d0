"""Base class of the image layers, and ranges of random factors."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minidl.config.checks import is_number
from minidl.config.types import Array, Shape
from minidl.layers.added_losses import augments_by_default, training_of_call
from minidl.layers.layer import Layer


class ImageLayer(Layer):
    """Base of the image layers, which take one image or a batch; subclasses set `data_format`."""

    data_format = "channels_last"
    moves_pixels = True  # whether segmentation masks are changed like the images

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the layer to images, or to a dict of images and what belongs to them."""
        data = args[0] if args else kwargs.get("data", kwargs.get("inputs"))
        kwargs["training"] = training_of_call(kwargs.get("training"), data)
        if isinstance(data, Mapping):
            return self.transform_all(data, bool(kwargs["training"]))
        return super().__call__(*args, **kwargs)

    def augments(self, training: bool) -> bool:
        """Whether a random layer changes its images: in training, and in direct calls without `training`."""
        return training or augments_by_default()

    def transform_all(self, data: Mapping[str, Any], training: bool) -> dict[str, Any]:
        """The dict with its images, and its segmentation masks, changed by the same random numbers; labels are unchanged.

        Raises:
            ValueError: there are no "images", or there are "bounding_boxes".
        """
        if "images" not in data or "bounding_boxes" in data:
            raise ValueError(
                f'{self.title} takes a dict with "images", and with "labels" and "segmentation_masks" if there are any; '
                f"bounding boxes are not moved: got the keys {list(data)}"
            )
        state = [generator.bit_generator.state for generator in self.generators]
        changed = dict(data) | {"images": self(data["images"], training=training)}
        if "segmentation_masks" in data and self.moves_pixels:
            twin = self.with_arguments(**({"interpolation": "nearest"} if hasattr(self, "interpolation") else {}))
            for generator, before in zip(twin.generators, state, strict=True):
                generator.bit_generator.state = before
            changed["segmentation_masks"] = twin(data["segmentation_masks"], training=training)
        return changed

    def as_batch(self, x: Array) -> Array:
        """A view of x as (batch, height, width, channels)."""
        batch = x if x.ndim == 4 else x[np.newaxis]
        return batch if self.data_format == "channels_last" else np.moveaxis(batch, 1, -1)

    def as_came(self, y: Array, rank: int) -> Array:
        """A view of such a batch in the layer's data format, without the batch axis if rank is 3."""
        batch = y if self.data_format == "channels_last" else np.moveaxis(y, -1, 1)
        return batch if rank == 4 else batch[0]

    def resized_shape(self, shape: Shape, height: int, width: int) -> Shape:
        """The input's shape with another height and width."""
        if self.data_format == "channels_last":
            return (*shape[:-3], height, width, shape[-1])
        return (*shape[:-2], height, width)

    def check_input(self, shape: Any) -> None:
        """Raise ValueError unless the input is an image or a batch of images."""
        inside = "height, width, channels" if self.data_format == "channels_last" else "channels, height, width"
        is_shape = isinstance(shape, tuple) and not any(isinstance(size, tuple) for size in shape)
        if not is_shape or len(shape) not in (3, 4) or (len(shape) == 3 and shape[0] is None):
            grey = is_shape and len(shape) == 3
            where = "x[..., np.newaxis]" if self.data_format == "channels_last" else "x[:, np.newaxis]"
            raise ValueError(
                f"{self.title} expects images of shape (batch, {inside}), or one of shape ({inside}), got shape {shape}"
                + (f"; give images of one channel as {where}" if grey else "")
            )
        if 0 in shape[-3:]:
            raise ValueError(f"{self.title} expects images of at least one pixel, got shape {shape}")


def factor_range(
    owner: str, argument: str, factor: Any, low: float = -1.0, high: float = 1.0, *, open_low: bool = False
) -> tuple[float, float]:
    """The smallest and the largest factor: of a pair, or from `-factor` to `factor`; both between `low` and `high`."""
    is_pair = isinstance(factor, (tuple, list)) and len(factor) == 2
    values = tuple(factor) if is_pair else (factor,)
    good = all(is_number(value) for value in values)
    if not good or not all(low <= value <= high for value in values) or (open_low and low in values):
        interval = f"{'(' if open_low else '['}{low:g}, {high:g}]"
        raise ValueError(f"{owner} expects {argument} to be a number in {interval}, or a pair of them, got {factor!r}")
    if is_pair:
        return float(min(values)), float(max(values))
    return -abs(float(factor)), abs(float(factor))
