"""Images and arrays: read, convert and save with Pillow."""

from __future__ import annotations

import io
import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from minidl.config.settings import floatx
from minidl.config.types import Array, ArrayLike, DTypeLike

if TYPE_CHECKING:
    from os import PathLike

    from PIL.Image import Image


MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow(owner: str) -> ModuleType:
    """The module `PIL.Image`, or an `ImportError` that says how to install it."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(f"{owner} needs Pillow: pip install pillow") from None
    return Image


def load_img(
    path: str | PathLike[str],
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """Read an image file.

    Args:
        path: the file, or an `io.BytesIO` with its content.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width to resize to.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether to crop the center to the aspect ratio of `target_size` first.
    Returns:
        A Pillow image.
    Raises:
        ImportError: Pillow is not installed.
        ValueError: an argument is unknown.
    Example:
        >>> save_img("gray.png", np.zeros((4, 6, 1)))
        >>> load_img("gray.png", color_mode="grayscale", target_size=(2, 3)).size
        (3, 2)
    """
    module = pillow("load_img")
    if color_mode not in MODES:
        raise ValueError(f"color_mode is one of {', '.join(map(repr, MODES))}, got {color_mode!r}")
    if interpolation not in FILTERS:
        raise ValueError(f"interpolation is one of {', '.join(map(repr, FILTERS))}, got {interpolation!r}")
    content = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes())
    image: Image = module.open(content)
    mode = MODES[color_mode]
    if image.mode != mode and not (mode == "L" and image.mode in ("I;16", "I")):
        image = image.convert(mode)
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    height, width = target_size
    box = _center(image.size, width, height) if keep_aspect_ratio else None
    return image.resize((width, height), module.Resampling[interpolation.upper()], box=box)


def _center(size: tuple[int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the largest box in the center with the aspect ratio width : height."""
    wide, tall = min(size[0], size[1] * width // height), min(size[1], size[0] * height // width)
    left, top = (size[0] - wide) // 2, (size[1] - tall) // 2
    return left, top, left + wide, top + tall


def img_to_array(img: object, data_format: str | None = None, dtype: DTypeLike = None) -> Array:
    """An array (height, width, channels) from a Pillow image.

    Args:
        img: the image, or an array of two or three axes.
        data_format: "channels_first" for (channels, height, width).
        dtype: dtype of the array, `floatx()` by default.
    Example:
        >>> img_to_array(np.zeros((2, 3))).shape
        (2, 3, 1)
    """
    pixels = np.asarray(img, dtype or floatx())
    if pixels.ndim not in (2, 3):
        raise ValueError(f"img_to_array expects an image of two or three axes, got shape {pixels.shape}")
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    return pixels.transpose(2, 0, 1) if _channels_first(data_format) else pixels


def array_to_img(x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: DTypeLike = None) -> Image:
    """A Pillow image from an array.

    Args:
        x: pixels (height, width, 1, 3 or 4 channels).
        data_format: "channels_first" for (channels, height, width).
        scale: whether to stretch the values to 0 ... 255.
        dtype: dtype to compute with, `floatx()` by default.
    Raises:
        ImportError: Pillow is not installed.
        ValueError: x is not one image.
    Example:
        >>> array_to_img(np.zeros((2, 3, 1))).size
        (3, 2)
    """
    module = pillow("array_to_img")
    pixels = np.asarray(x, dtype or floatx())
    if pixels.ndim != 3:
        raise ValueError(f"array_to_img expects one image (height, width, channels), got shape {pixels.shape}")
    pixels = pixels.transpose(1, 2, 0) if _channels_first(data_format) else pixels
    if pixels.shape[2] not in (1, 3, 4):
        raise ValueError(f"array_to_img expects 1, 3 or 4 channels, got {pixels.shape[2]}")
    if scale:
        pixels = pixels - pixels.min()
        pixels = pixels / (pixels.max() or 1) * 255
    if pixels.shape[2] == 1 and pixels.max() > 255:
        image: Image = module.fromarray(pixels[:, :, 0].astype("int32"))
    else:
        image = module.fromarray((pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).astype("uint8"))
    return image


def save_img(
    path: str | Path,
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: object,
) -> None:
    """Save an array as an image file.

    Args:
        path: the file, or an open binary file.
        x, data_format, scale: as in `array_to_img`.
        file_format: "png", "jpeg" and so on; from the ending of `path` by default.
        kwargs: passed to Pillow's `Image.save`.
    Example:
        >>> save_img("red.png", np.full((4, 4, 3), [255, 0, 0]), scale=False)
        >>> load_img("red.png").getpixel((0, 0))
        (255, 0, 0)
    """
    if file_format is None and isinstance(path, (str, Path)):
        file_format = Path(path).suffix[1:].lower()
    if file_format and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        image = image.convert("RGB")  # JPEG has no transparency
    image.save(path, format=file_format or None, **kwargs)


def _channels_first(data_format: str | None) -> bool:
    if data_format not in (None, "channels_first", "channels_last"):
        raise ValueError(f'data_format is "channels_last" or "channels_first", got {data_format!r}')
    return data_format == "channels_first"
