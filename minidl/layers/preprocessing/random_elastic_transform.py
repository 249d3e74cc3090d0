"""`RandomElasticTransform`: distorts images like rubber, randomly in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.options import AffineOptions
from minidl.layers.preprocessing.augmentation import check_value_range, drawn, factor_between
from minidl.layers.preprocessing.base_image import Transformation, generator_of
from minidl.layers.preprocessing.random_warp import RandomWarp
from minidl.ops.image.sampling import elastic_positions


class RandomElasticTransform(RandomWarp):
    """Shifts each pixel of a random part of the images by smoothed noise in training, and clips; in inference `y = x`.

    With the drawn scale s, the noise is smoothed by a Gaussian with a standard deviation of `0.05 * s * min(height, width)`,
    and multiplied by it and by `0.1 * s * max(height, width)`.

    Args:
        factor: the probability, in [0, 1]: a pair (min, max), or one number f for (0, f).
        scale: strength of the distortion, in the same way.
        interpolation: "bilinear" or "nearest".
        fill_mode: values beyond the edge: "reflect", "wrap", "nearest" or "constant" as for `RandomRotation`, or "mirror"
            (d c b | a b c d | c b a).
        fill_value: value beyond the edge with "constant".
        value_range: the smallest and the largest value of a pixel.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an argument is out of range, the data have bounding boxes, or x has another rank.
    Source: Simard et al. 2003.
    Example:
        >>> RandomElasticTransform()(np.ones((4, 4, 1)), training=True).shape
        (4, 4, 1)
    """

    fill_modes = (*RandomWarp.fill_modes, "mirror")

    @inherit_arguments(RandomWarp, last=("fill_mode", "fill_value", "value_range", "seed", "data_format"))
    def __init__(
        self,
        factor: float | Sequence[float] = 1.0,
        scale: float | Sequence[float] = 1.0,
        value_range: Sequence[float] = (0, 255),
        **kwargs: Unpack[AffineOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.factor = factor_between("RandomElasticTransform", "factor", factor, 0, 1)
        self.scale = factor_between("RandomElasticTransform", "scale", scale, 0, 1)
        self.value_range = check_value_range("RandomElasticTransform", value_range)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        chosen = generator.random(shape[0]) < drawn(generator, self.factor, shape[0])
        seed = int(generator.integers(2**31))  # of the noise, the same for images and masks
        return {"apply_transform": chosen, "distortion_factor": float(drawn(generator, self.scale, ())), "seed": seed}

    def positions(self, transformation: Transformation, height: int, width: int) -> tuple[Array, Array]:
        chosen, scale = np.reshape(transformation["apply_transform"], (-1, 1, 1)), float(transformation["distortion_factor"])
        alpha, sigma = 0.1 * scale * max(height, width), max(0.05 * scale * min(height, width), 1e-6)
        noise = generator_of(transformation["seed"])
        rows, columns = elastic_positions(noise, len(chosen), height, width, alpha, sigma)
        return np.where(chosen, rows, np.arange(height)[:, np.newaxis]), np.where(chosen, columns, np.arange(width))

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        return np.clip(super().adjust(images, transformation), *self.value_range)

    def adjust_boxes(self, boxes: Array, transformation: Transformation, height: int, width: int) -> Array:
        raise ValueError(f"{self.title} takes no bounding boxes: each pixel is moved in its own way")
