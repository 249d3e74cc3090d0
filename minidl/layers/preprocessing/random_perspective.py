"""`RandomPerspective`: distorts the perspective of images randomly in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.kernels.affine import perspectives, shifts
from minidl.layers.options import SamplingOptions
from minidl.layers.preprocessing.augmentation import drawn, factor_between
from minidl.layers.preprocessing.base_image import Transformation
from minidl.layers.preprocessing.random_warp import RandomWarp


class RandomPerspective(RandomWarp):
    """Moves the corners of a random part of the images in training, and the pixels with them; in inference `y = x`.

    A corner (x, y) goes to `(x + x * u, y + y * v)` with u and v between `-scale / 2` and `scale / 2`: the first one stays.

    Args:
        factor: the probability, in [0, 1]: a pair (min, max), or one number f for (0, f).
        scale: how far the corners move, as a fraction of the size, in [0, 1].
        interpolation: "bilinear" or "nearest".
        fill_value: value beyond the edge.
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: an argument is out of range, or x has another rank.
    Example:
        >>> RandomPerspective(scale=0.5)(np.ones((4, 4, 1)), training=True).shape
        (4, 4, 1)
    """

    @inherit_arguments(RandomWarp, without=("fill_mode",), last=("fill_value", "seed", "data_format"))
    def __init__(self, factor: float | Sequence[float] = 1.0, scale: float = 1.0, **kwargs: Unpack[SamplingOptions]) -> None:
        super().__init__("constant", **kwargs)
        self.factor = factor_between("RandomPerspective", "factor", factor, 0, 1)
        self.scale = check_real("RandomPerspective", "scale", scale, 0, 1)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        batch, height, width, _ = shape
        chosen = generator.random(batch) < drawn(generator, self.factor, batch)
        corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], "float64")
        start = np.broadcast_to(corners, (batch, 4, 2))
        moved = start * (1 + drawn(generator, (-self.scale / 2, self.scale / 2), (batch, 4, 2)))
        return {"apply_perspective": chosen, "start_points": start, "end_points": moved}

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        found = perspectives(transformation["start_points"], transformation["end_points"])
        none = np.zeros(1)
        return np.where(np.reshape(transformation["apply_perspective"], (-1, 1)), found, shifts(none, none))
