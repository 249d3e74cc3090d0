"""`RandomFlip`: flips images randomly in training."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.layers.argument_checks import check_choice
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer

_MIRRORED = {"horizontal": (2,), "vertical": (1,), "horizontal_and_vertical": (1, 2)}


class RandomFlip(ImageLayer):
    """Flips each image with probability 1/2 in training; in inference `y = x`.

    Args:
        mode: "horizontal" (left and right are swapped), "vertical" (top and bottom), or "horizontal_and_vertical": both
            together, with one draw, as in Keras.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch.
    Raises:
        ValueError: `mode` is unknown, or x has another rank.
    Example:
        >>> flip = RandomFlip("horizontal", seed=1)
        >>> {tuple(flip([[[1.0], [2.0]]], training=True)[0, :, 0].tolist()) for _ in range(20)} == {(1.0, 2.0), (2.0, 1.0)}
        True
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: int | None = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.mode = check_choice("RandomFlip", "mode", mode, tuple(_MIRRORED))
        self.seed = seed
        self.data_format = data_format_of("RandomFlip", data_format)
        self.generator = self.add_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array | None]:
        """A copy with some images flipped, or `y = x` outside training."""
        if not self.augments(training):
            return x, None
        chosen = self.generator.random(len(self.as_batch(x))) < 0.5
        return self._mirror(x, chosen), chosen

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx`: dy with the same images flipped."""
        return dy if cache is None else self._mirror(dy, cache)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def _mirror(self, x: Array, chosen: Array) -> Array:
        images = self.as_batch(x)
        mirrored = images.copy()
        mirrored[chosen] = np.flip(images, _MIRRORED[self.mode])[chosen]
        return self.as_came(mirrored, x.ndim)
