"""Images and arrays, under Keras's older names."""

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array
from minidl.kernels.crop import crop_and_resize, largest_box
from minidl.preprocessing.image_generator import ImageDataGenerator
from minidl.utils.pillow import array_to_img, img_to_array, load_img, save_img

__all__ = ["ImageDataGenerator", "array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]


def smart_resize(x: object, size: tuple[int, int], interpolation: str = "bilinear") -> Array:
    """Resize images without distortion: crop the center to the new aspect ratio first.

    Args:
        x: an image (height, width, channels), or several with a batch axis.
        size: height and width.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
    Example:
        >>> smart_resize(np.ones((4, 6, 3)), (2, 2)).shape
        (2, 2, 3)
    """
    images = np.asarray(x)
    if images.ndim not in (3, 4):
        raise ValueError(f"smart_resize expects (height, width, channels), with or without a batch axis, got {images.shape}")
    if np.shape(size) != (2,):
        raise ValueError(f"smart_resize expects size to be (height, width), got {size!r}")
    height, width = (check_positive_integer("smart_resize", "size", side) for side in size)
    batch = images if images.ndim == 4 else images[np.newaxis]
    batch = batch if batch.dtype.kind == "f" else batch.astype("float32")
    window = largest_box(batch.shape[1], batch.shape[2], height, width)
    resized: Array = crop_and_resize(batch, window, height, width, interpolation)
    return resized if images.ndim == 4 else resized[0]
