"""`CenterCrop` and `RandomCrop`: crop images at the centre or at random positions."""

from typing import Any

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array
from minidl.kernels.crop import CropBox, center_box, crop_and_resize, crop_and_resize_backward, largest_box
from minidl.layers.channels import data_format_of
from minidl.layers.preprocessing.base_image import ImageLayer


class Crop(ImageLayer):
    """Base of the cropping layers; subclasses choose the window."""

    def set_sizes(self, height: int, width: int, data_format: str | None) -> None:
        """Check and store the window's size."""
        self.height = check_positive_integer(type(self).__name__, "height", height)
        self.width = check_positive_integer(type(self).__name__, "width", width)
        self.data_format = data_format_of(type(self).__name__, data_format)

    def window(self, height: int, width: int, training: bool) -> CropBox:
        """The crop window for images of that size."""
        raise TypeError(f"{self.title} defines no window(height, width, training)")

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[tuple[int, ...], CropBox]]:
        """The cropped window, resized if its size differs."""
        images = self.as_batch(x)
        window = self.window(images.shape[1], images.shape[2], training)
        return self.as_came(crop_and_resize(images, window, self.height, self.width), x.ndim), (images.shape, window)

    def backward(self, dy: Array, cache: tuple[tuple[int, ...], CropBox]) -> Array:
        """`dx`: dy in the window, zeros around it."""
        shape, window = cache
        return self.as_came(crop_and_resize_backward(self.as_batch(dy), shape, window), dy.ndim)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the window's size."""
        return self.resized_shape(input_shape, self.height, self.width)


class CenterCrop(Crop):
    """Crops the centre of each image.

    For an image that is too small, the largest centred window with the same aspect ratio is resized bilinearly.

    Args:
        height, width: size of the crop, in pixels.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, or x has another rank.
    Example:
        >>> CenterCrop(1, 2)(np.arange(12.0).reshape(3, 4, 1))[0, :, 0]
        array([5., 6.], dtype=float32)
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.set_sizes(height, width, data_format)

    def window(self, height: int, width: int, training: bool) -> CropBox:
        """The centred window of the size, or the largest one with its aspect ratio."""
        fits = height >= self.height and width >= self.width
        return (center_box if fits else largest_box)(height, width, self.height, self.width)


class RandomCrop(Crop):
    """Crops images at a random position in training, the same for all images of a batch.

    In inference, and for images that are too small, the largest centred window with the same aspect ratio is resized
    bilinearly. Keras documents the same, but does not change images in inference.

    Args:
        height, width: size of the crop, in pixels.
        seed: seed of the random draws; the next global seed by default.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: what every `Layer` takes.
    Shapes:
        x (batch, old_height, old_width, channels) -> y (batch, height, width, channels); or a single image without the batch.
    Raises:
        ValueError: a size is not positive, or x has another rank.
    Example:
        >>> x = np.arange(12.0).reshape(3, 4, 1)
        >>> RandomCrop(1, 1, seed=1)(x, training=True).item() in x
        True
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.set_sizes(height, width, data_format)
        self.seed = seed
        self.generator = self.add_generator(seed)

    def window(self, height: int, width: int, training: bool) -> CropBox:
        """A random window of the size in training, otherwise the largest one with its aspect ratio."""
        if not self.augments(training) or height < self.height or width < self.width:
            return largest_box(height, width, self.height, self.width)
        top, left = self.generator.integers(0, [height - self.height + 1, width - self.width + 1])
        return CropBox(int(top), int(left), self.height, self.width)
