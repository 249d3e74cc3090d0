"""`RandomErasing`, `MixUp` and `CutMix`: erase a rectangle, or mix images with others of the batch, in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, ArrayLike, MaybeNone, Tensors
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import drawn, each, factor_between
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation


class RandomErasing(ImageLayer):
    """In training, replaces a rectangle in a random part of the images; in inference `y = x`.

    Args:
        factor: the probability, in [0, 1]: a pair (min, max), or one number f for (0, f).
        scale: the rectangle's area as a part of the image, in [0, 1], in the same way.
        fill_value: a number, or one for each of three channels; `None` for noise.
        value_range: the smallest and the largest value of a pixel.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, or x has another rank.
    Example:
        >>> RandomErasing((1.0, 1.0), scale=(1.0, 1.0), fill_value=7)(np.ones((1, 2, 1)), training=True)[0, :, 0]
        array([7., 7.], dtype=float32)
    """

    @inherit_arguments(ImageLayer)
    def __init__(
        self,
        factor: float | Sequence[float] = 1.0,
        scale: float | Sequence[float] = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: tuple[float, float] = (0, 255),
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.factor = factor_between("RandomErasing", "factor", factor, 0, 1)
        self.scale = factor_between("RandomErasing", "scale", scale, 0, 1)
        self.fill_value, self.value_range = fill_value, value_range

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        sides = np.sqrt(drawn(generator, self.scale, (2, shape[0])))
        chosen = generator.random(shape[0]) < drawn(generator, self.factor, shape[0])
        noise = generator.normal(size=shape) * self.value_range[1] if self.fill_value is None else self.fill_value
        filling = np.clip(np.broadcast_to(noise, shape), *self.value_range).astype(self.dtype)
        return {"apply_erasing": chosen, "batch_masks": rectangles(generator, shape, *sides)[0], "fill_value": filling}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        inside = np.broadcast_to(transformation["batch_masks"] & each(transformation["apply_erasing"]), images.shape)
        return np.where(inside, transformation["fill_value"], images)


class MixUp(ImageLayer):
    """In training, `y = w * x + (1 - w) * other`, another image of the batch, and the same for labels; in inference `y = x`.

    Args:
        alpha: w of each image is drawn from the beta distribution with both parameters `alpha`.
        data_format, seed, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; labels (batch, classes).
    Raises:
        ValueError: `alpha` is not positive, or x has another rank.
    Source: Zhang et al. 2018.
    Example:
        >>> MixUp()(np.ones((2, 4, 4, 3)), training=True).shape
        (2, 4, 4, 3)
    """

    mixes_batch = moves_pixels = True

    @inherit_arguments(ImageLayer, last=("seed", "bounding_box_format"))
    def __init__(self, alpha: float = 0.2, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        if not alpha > 0:
            raise ValueError(f"MixUp expects alpha to be positive, got {alpha!r}")
        self.alpha = alpha

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        weights = generator.beta(self.alpha, self.alpha, shape[0])
        return {"mix_weight": weights, "permutation_order": generator.permutation(shape[0])}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        weight = each(transformation["mix_weight"]).astype(self.dtype)
        return weight * images + (1 - weight) * np.take(images, transformation["permutation_order"], axis=0)

    def transform_labels(
        self, labels: Array, transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Array:
        """The labels, (batch, classes), mixed like the images."""
        return mixed_rows(self.title, labels, transformation) if training else labels

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Tensors:
        """The boxes and labels of both images."""
        if not training:
            return bounding_boxes
        order, single = transformation["permutation_order"], np.ndim(bounding_boxes["boxes"]) == 2
        parts = {key: np.asarray(bounding_boxes[key])[np.newaxis if single else ...] for key in ("boxes", "labels")}
        mixed = {key: np.concatenate([part, part[order]], axis=1) for key, part in parts.items()}
        return {key: part[0] for key, part in mixed.items()} if single else mixed


class CutMix(ImageLayer):
    """In training, replaces a rectangle of each image by that of another image, and mixes the labels by their areas.

    Args:
        factor: parameter of the beta distribution of the areas, in [0, 1]: a pair (min, max), or one number f for (0, f).
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; labels (batch, classes). A single image is unchanged.
    Raises:
        ValueError: a factor is out of range, the data have bounding boxes, or x has another rank.
    Source: Yun et al. 2019.
    Example:
        >>> CutMix()(np.ones((2, 4, 4, 3)), training=True).shape
        (2, 4, 4, 3)
    """

    mixes_batch = moves_pixels = True

    @inherit_arguments(ImageLayer)
    def __init__(self, factor: float | Sequence[float] = 1.0, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.factor = factor_between("CutMix", "factor", factor, 0, 1)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        alpha = float(drawn(generator, self.factor, 1)[0]) + 1e-6
        side = np.sqrt(1 - generator.beta(alpha, alpha, shape[0]))
        inside, areas = rectangles(generator, shape, side, side)
        order = generator.permutation(shape[0])
        return {"permutation_order": order, "batch_masks": inside, "mix_weight": 1 - areas}

    def adjust(self, images: Array, transformation: Transformation) -> Tensors:
        inside = np.broadcast_to(transformation["batch_masks"], images.shape)
        return np.where(inside, np.take(images, transformation["permutation_order"], axis=0), images)

    def transform_labels(
        self, labels: Array, transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> Array:
        """The labels, (batch, classes), mixed by the areas of the two images."""
        return mixed_rows(self.title, labels, transformation) if training else labels

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | MaybeNone = None, training: bool = True
    ) -> dict[str, Array]:
        """Raise ValueError: a rectangle cuts boxes."""
        raise ValueError(f"{self.title} takes no bounding boxes: a box may lie half in the rectangle that is replaced")


def rectangles(generator: np.random.Generator, shape: tuple[int, ...], across: Array, down: Array) -> tuple[Array, Array]:
    """Random rectangles of these sides, parts of the image's, as masks (batch, height, width, 1), and their areas (batch,)."""
    _, height, width, _ = shape
    x, y = np.arange(width), np.arange(height)[:, np.newaxis]
    left, top = (generator.random(len(side)) * size * (1 - side) for side, size in ((across, width), (down, height)))
    inside_x = (x >= left.reshape(-1, 1, 1)) & (x < (left + across * width).reshape(-1, 1, 1))
    inside_y = (y >= top.reshape(-1, 1, 1)) & (y < (top + down * height).reshape(-1, 1, 1))
    return (inside_x & inside_y)[..., np.newaxis], across * down


def mixed_rows(title: str, labels: ArrayLike, transformation: Transformation | MaybeNone) -> Array:
    """`w * labels + (1 - w) * labels[order]`."""
    rows = np.asarray(labels)
    if rows.ndim != 2:
        raise ValueError(f"{title} mixes labels of shape (batch, classes), got shape {rows.shape}; use to_categorical first")
    weight = np.asarray(transformation["mix_weight"]).reshape(-1, 1)
    mixed: Array = weight * rows + (1 - weight) * rows[transformation["permutation_order"]]
    return mixed
