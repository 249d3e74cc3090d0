"""Data sets from folders of image files; images are read batch by batch."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.kernels.crop import CropBox, crop_and_resize, largest_box, padding_around
from minidl.kernels.resizing import INTERPOLATIONS
from minidl.utils.folders import FileKind, Folder, check_choice

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


class ImageReader:
    """Reads an image file as an array (height, width, channels) of floats from 0 to 255."""

    def __init__(self, color_mode: str, size: tuple[int, int], interpolation: str, crop: bool, pad: bool) -> None:
        self.color_mode, self.size, self.interpolation, self.crop, self.pad = color_mode, size, interpolation, crop, pad

    def __call__(self, path: str) -> Array:
        from PIL import Image

        with Image.open(path) as image:
            pixels = np.asarray(image.convert(MODES[self.color_mode]), floatx())
        height, width = self.size
        images = pixels.reshape(1, *pixels.shape[:2], -1)
        if self.pad:
            rows, columns = padding_around(images.shape[1], images.shape[2], height, width)
            images = np.pad(images, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
        tall, wide = images.shape[1:3]
        window = largest_box(tall, wide, height, width) if self.crop else CropBox(0, 0, tall, wide)
        resized: Array = crop_and_resize(images, window, height, width, self.interpolation)[0]
        return resized


def image_dataset_from_directory(
    directory: "str | os.PathLike[str]",
    labels: str = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of images for `fit`, from a folder with one subfolder per class.

    It needs Pillow: `pip install pillow`.

    Args:
        directory: the folder that holds a folder of images for each class.
        labels: "inferred" from the folders' names, `None` for none, or a list with one for each file in their sorted order.
        label_mode: "int", "binary" (0.0 or 1.0, in a column), "categorical" (one-hot rows), or `None` for no labels.
        class_names: the folders to take, in the order of their labels; all, sorted, by default.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: images per batch; `None` for single images without a batch axis.
        image_size: height and width to which all images are resized.
        shuffle: whether to shuffle the files. (`fit` also shuffles the batches.)
        seed: seed of the shuffling; required if training and validation files are requested in separate calls.
        validation_split: fraction of the files, from the end of their order, used for validation.
        subset: "training", "validation" or "both", with `validation_split`.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        follow_links: whether to follow links to folders.
        crop_to_aspect_ratio, pad_to_aspect_ratio: how to keep the aspect ratio, as in `layers.Resizing`.
        verbose: whether to print how many files there are.
    Returns:
        A `PyDataset` with `class_names`, `file_paths`, and `map`, `take`, `cache` and so on; two of them for "both".
    Raises:
        ImportError: Pillow is not installed.
        ValueError: there are no images, or arguments contradict each other.
    Example:
        >>> import pathlib
        >>> from minidl.utils import save_img
        >>> pathlib.Path("cat").mkdir()
        >>> save_img("cat/one.png", np.zeros((4, 6, 3)))
        >>> [(x, y)] = image_dataset_from_directory(".", image_size=(8, 8), verbose=False)
        >>> x.shape, y
        ((1, 8, 8, 3), array([0], dtype=int32))
    """
    try:
        import PIL  # noqa: F401  # is it installed?
    except ImportError as error:
        raise ImportError("image_dataset_from_directory needs Pillow: pip install pillow") from error
    check_choice("color_mode", color_mode, tuple(MODES))
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("proportions are kept by crop_to_aspect_ratio or by pad_to_aspect_ratio, got both")
    if np.shape(image_size) != (2,):
        raise ValueError(f"image_dataset_from_directory expects image_size to be (height, width), got {image_size!r}")
    owner = "image_dataset_from_directory"
    height, width = (check_positive_integer(owner, f"image_size[{place}]", side) for place, side in enumerate(image_size))
    reader = ImageReader(color_mode, (height, width), interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    folder = Folder(directory, FileKind("image", FORMATS, reader, np.stack), labels, label_mode, class_names, follow_links)
    return folder.datasets(owner, batch_size, shuffle, seed, validation_split, subset, verbose)
