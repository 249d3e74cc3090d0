"""`RandomRotation`, `RandomZoom`, `RandomTranslation`, `RandomShear`: random affine transforms of images in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.kernels.affine import rotations, shears, shifts, zooms
from minidl.layers.options import AffineOptions
from minidl.layers.preprocessing.augmentation import drawn, factor_range
from minidl.layers.preprocessing.base_image import Transformation
from minidl.layers.preprocessing.random_warp import RandomWarp


class RandomRotation(RandomWarp):
    """Rotates each image about its center by a random angle in training; in inference `y = x`.

    Args:
        factor: the angles in full turns, in [-1, 1], positive ones counterclockwise: a pair (min, max), or one number f for
            (-f, f).
        fill_mode: values beyond the edge: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b c d),
            "nearest" (a a a a | a b c d | d d d d) or "constant", which is `fill_value`.
        interpolation: "bilinear" or "nearest".
        fill_value: value beyond the edge with "constant".
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomRotation((0.25, 0.25))([[[1.0], [2.0]], [[3.0], [4.0]]], training=True)[..., 0].round(4)
        array([[2., 4.],
               [1., 3.]], dtype=float32)
    """

    @inherit_arguments(RandomWarp)
    def __init__(self, factor: float | Sequence[float], **kwargs: Unpack[AffineOptions]) -> None:
        super().__init__(**kwargs)
        self.factor = factor
        self._range()

    def _range(self) -> tuple[float, float]:
        return factor_range("RandomRotation", "factor", self.factor)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        batch, height, width, _ = shape
        angle = 360 * drawn(generator, self._range(), batch)
        turns = rotations(np.radians(angle), height, width)
        sizes = {"image_height": height, "image_width": width, "batch_size": batch}
        return {"angle": angle, "rotation_matrix": turns, **sizes}

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        return np.reshape(transformation["rotation_matrix"], (-1, 8))


class RandomZoom(RandomWarp):
    """Zooms each image in or out about its center in training; in inference `y = x`.

    Args:
        height_factor: relative change of the visible height, in (-1, 1]: negative zooms in, 0.2 zooms out by 20%; a pair
            (min, max), or one number f for (-f, f).
        width_factor: the same for the width; `None` keeps the aspect ratio.
        fill_mode, interpolation, seed, fill_value, data_format, **kwargs: as for `RandomRotation`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomZoom((0.0, 0.0), (1.0, 1.0), "constant")([[[1.0], [2.0], [3.0]]], training=True)[0, :, 0]
        array([0., 2., 0.], dtype=float32)
    """

    @inherit_arguments(RandomWarp)
    def __init__(
        self,
        height_factor: float | Sequence[float],
        width_factor: float | Sequence[float] | None = None,
        **kwargs: Unpack[AffineOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._range("height_factor")
        if width_factor is not None:
            self._range("width_factor")

    def _range(self, argument: str) -> tuple[float, float]:
        return factor_range("RandomZoom", argument, getattr(self, argument), open_low=True)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        down = across = 1.0 + drawn(generator, self._range("height_factor"), (shape[0], 1))
        if self.width_factor is not None:
            across = 1.0 + drawn(generator, self._range("width_factor"), (shape[0], 1))
        return {"height_zoom": down, "width_zoom": across}

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        down, across = (np.ravel(transformation[key]) for key in ("height_zoom", "width_zoom"))
        return zooms(down, across, height, width)


class RandomTranslation(RandomWarp):
    """Shifts each image randomly in training; in inference `y = x`.

    Args:
        height_factor: shift as a fraction of the height, in [-1, 1], positive ones down: a pair (min, max), or one number f
            for (-f, f).
        width_factor: shift as a fraction of the width, positive ones to the right.
        fill_mode, interpolation, seed, fill_value, data_format, **kwargs: as for `RandomRotation`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomTranslation(0.0, (0.5, 0.5), "constant")([[[1.0], [2.0]]], training=True)[0, :, 0]
        array([0., 1.], dtype=float32)
    """

    @inherit_arguments(RandomWarp)
    def __init__(
        self, height_factor: float | Sequence[float], width_factor: float | Sequence[float], **kwargs: Unpack[AffineOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._ranges()

    def _ranges(self) -> list[tuple[float, float]]:
        """Of the shifts to the right and down."""
        names = ("width_factor", "height_factor")
        return [factor_range("RandomTranslation", name, getattr(self, name)) for name in names]

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        batch, height, width, _ = shape
        across, down = self._ranges()
        low = height * drawn(generator, down, batch)
        return {"translations": np.stack([width * drawn(generator, across, batch), low], axis=-1)}

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        right, down = np.asarray(transformation["translations"]).T
        return shifts(down, right)


class RandomShear(RandomWarp):
    """Shears each image along its axes in training, about its upper left corner; in inference `y = x`.

    Pixel (x, y) comes from `(x + shear_x * y, y + shear_y * x)`; both shears of an image have one random sign.

    Args:
        x_factor: the shears along the rows, in [0, 1]: a pair (min, max), or one number f for (-f, f).
        y_factor: the same along the columns.
        interpolation, fill_mode, fill_value, data_format, seed, **kwargs: as for `RandomRotation`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> shear = RandomShear((1.0, 1.0), fill_mode="constant", seed=1)
        >>> images = np.repeat([[[[1.0], [2.0]], [[3.0], [4.0]]]], 9, axis=0)
        >>> np.unique(shear(images, training=True)[..., 0], axis=0).tolist()
        [[[1.0, 2.0], [0.0, 3.0]], [[1.0, 2.0], [4.0, 0.0]]]
    """

    @inherit_arguments(RandomWarp, last=("fill_mode", "fill_value", "data_format", "seed"))
    def __init__(
        self,
        x_factor: float | Sequence[float] = 0.0,
        y_factor: float | Sequence[float] = 0.0,
        **kwargs: Unpack[AffineOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.x_factor, self.y_factor = x_factor, y_factor
        self._ranges()

    def _ranges(self) -> list[tuple[float, float]]:
        names = ("x_factor", "y_factor")
        return [factor_range("RandomShear", name, getattr(self, name), 0.0) for name in names]

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
        shears = np.stack([drawn(generator, factor, shape[0]) for factor in self._ranges()], axis=-1)
        return {"shear_factor": shears * generator.choice([-1.0, 1.0], (shape[0], 1))}

    def transforms(self, transformation: Transformation, height: int, width: int) -> Array:
        return shears(*np.asarray(transformation["shear_factor"]).T)
