"""`RandomRotation`, `RandomZoom`, `RandomTranslation`: random affine transforms of images in training."""

import math
from typing import Any

from minidl.config.checks import check_real
from minidl.config.types import Array
from minidl.kernels.affine import (
    AFFINE_INTERPOLATIONS,
    FILL_MODES,
    affine,
    affine_backward,
    lookup_matrix,
    rotations,
    shifts,
    zooms,
)
from minidl.layers.argument_checks import check_choice
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer, factor_range


class RandomAffine(ImageLayer):
    """Base class of the layers with affine transforms; subclasses draw a transform for each image."""

    fill_mode: str
    interpolation: str
    fill_value: float

    def set_lookup(
        self, fill_mode: str, interpolation: str, seed: int | None, fill_value: float, data_format: str | None
    ) -> None:
        """Check and store the arguments that the three layers share."""
        owner = type(self).__name__
        self.fill_mode = check_choice(owner, "fill_mode", fill_mode, FILL_MODES)
        self.interpolation = check_choice(owner, "interpolation", interpolation, AFFINE_INTERPOLATIONS)
        self.seed = seed
        self.fill_value = check_real(owner, "fill_value", fill_value)
        self.data_format = data_format_of(owner, data_format)
        self.generator = self.add_generator(seed)

    def draw(self, count: int, height: int, width: int) -> Array:
        """A random transform for each image, (count, 6)."""
        raise TypeError(f"{self.title} defines no draw(count, height, width)")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`y = matrix @ x` over all pixels, with a matrix for the transforms drawn; or `y = x` outside training."""
        if not self.augments(training):
            return x, None
        images = self.as_batch(x)
        count, height, width, _ = images.shape
        transforms = self.draw(count, height, width)
        matrix = lookup_matrix(transforms, height, width, self.interpolation, self.fill_mode, x.dtype)
        return self.as_came(affine(images, matrix, self.fill_value), x.ndim), matrix

    def backward(self, dy: Array, cache: Any) -> Array:
        """`dx = matrix.T @ dy`."""
        return dy if cache is None else self.as_came(affine_backward(self.as_batch(dy), cache), dy.ndim)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def uniform(self, argument: str, factor: Any, count: int, *, open_low: bool = False) -> Array:
        """Draw `count` factors uniformly from their range."""
        return self.generator.uniform(*factor_range(type(self).__name__, argument, factor, open_low=open_low), count)


class RandomRotation(RandomAffine):
    """Rotates each image about its centre by a random angle in training; in inference `y = x`.

    Args:
        factor: the angles in full turns, in [-1, 1], positive ones counterclockwise: a pair (min, max), or one number f for
            (-f, f).
        fill_mode: values beyond the edge: "reflect" (d c b a | a b c d | d c b a), "wrap" (a b c d | a b c d | a b c d),
            "nearest" (a a a a | a b c d | d d d d) or "constant", which is `fill_value`.
        interpolation: "bilinear" or "nearest".
        seed: seed of the random draws; the next global seed by default.
        fill_value: value beyond the edge with "constant".
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomRotation((0.25, 0.25))([[[1.0], [2.0]], [[3.0], [4.0]]], training=True)[..., 0].round(4)
        array([[2., 4.],
               [1., 3.]], dtype=float32)
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor = factor
        factor_range("RandomRotation", "factor", factor)
        self.set_lookup(fill_mode, interpolation, seed, fill_value, data_format)

    def draw(self, count: int, height: int, width: int) -> Array:
        """Rotations by uniformly drawn angles."""
        return rotations(2 * math.pi * self.uniform("factor", self.factor, count), height, width)


class RandomZoom(RandomAffine):
    """Zooms each image in or out about its centre in training; in inference `y = x`.

    Args:
        height_factor: relative change of the visible height, in (-1, 1]: negative zooms in, 0.2 zooms out by 20%; a pair
            (min, max), or one number f for (-f, f).
        width_factor: the same for the width; `None` keeps the aspect ratio.
        fill_mode, interpolation, seed, fill_value, data_format: as for `RandomRotation`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomZoom((0.0, 0.0), (1.0, 1.0), "constant")([[[1.0], [2.0], [3.0]]], training=True)[0, :, 0]
        array([0., 2., 0.], dtype=float32)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        factor_range("RandomZoom", "height_factor", height_factor, open_low=True)
        if width_factor is not None:
            factor_range("RandomZoom", "width_factor", width_factor, open_low=True)
        self.set_lookup(fill_mode, interpolation, seed, fill_value, data_format)

    def draw(self, count: int, height: int, width: int) -> Array:
        """Uniformly drawn zooms, one for both axes if `width_factor` is `None`."""
        down = across = 1.0 + self.uniform("height_factor", self.height_factor, count, open_low=True)
        if self.width_factor is not None:
            across = 1.0 + self.uniform("width_factor", self.width_factor, count, open_low=True)
        return zooms(down, across, height, width)


class RandomTranslation(RandomAffine):
    """Shifts each image randomly in training; in inference `y = x`.

    Args:
        height_factor: shift as a fraction of the height, in [-1, 1], positive ones down: a pair (min, max), or one number f
            for (-f, f).
        width_factor: shift as a fraction of the width, positive ones to the right.
        fill_mode, interpolation, seed, fill_value, data_format: as for `RandomRotation`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: a factor is out of range, a name is unknown, or x has another rank.
    Example:
        >>> RandomTranslation(0.0, (0.5, 0.5), "constant")([[[1.0], [2.0]]], training=True)[0, :, 0]
        array([0., 1.], dtype=float32)
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        factor_range("RandomTranslation", "height_factor", height_factor)
        factor_range("RandomTranslation", "width_factor", width_factor)
        self.set_lookup(fill_mode, interpolation, seed, fill_value, data_format)

    def draw(self, count: int, height: int, width: int) -> Array:
        """Uniformly drawn shifts."""
        down = height * self.uniform("height_factor", self.height_factor, count)
        return shifts(down, width * self.uniform("width_factor", self.width_factor, count))
