"""Data sets from folders of image files; images are read batch by batch."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.randomness import make_generator
from minidl.config.settings import floatx
from minidl.config.types import Array
from minidl.data.dataset import PyDataset
from minidl.kernels.crop import CropBox, crop_and_resize, largest_box, padding_around
from minidl.kernels.resizing import INTERPOLATIONS

FORMATS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}


class ImageFiles(PyDataset):
    """Batches of images, with labels if there are any; made by `image_dataset_from_directory`.

    Attributes:
        file_paths: the files in order.
        class_names: the name of each label, or `None`.
    """

    def __init__(self, paths: list[str], labels: Any, class_names: Any, reader: Any, batch_size: int | None) -> None:
        super().__init__()
        self.file_paths, self.labels, self.class_names = paths, labels, class_names
        self.reader, self.batch_size = reader, batch_size

    def __len__(self) -> int:
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        size = self.batch_size or 1
        chosen = slice(size * index, size * (index + 1))
        images = np.stack([self.reader(path) for path in self.file_paths[chosen]])
        labels = None if self.labels is None else self.labels[chosen]
        if self.batch_size is None:
            images, labels = images[0], None if labels is None else labels[0]
        return images if labels is None else (images, labels)


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
    labels: Any = "inferred",
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
        A `PyDataset` with `class_names` and `file_paths`; two of them for "both".
    Raises:
        ImportError: Pillow is not installed.
        ValueError: there are no images, or arguments contradict each other.
    """
    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise ImportError("image_dataset_from_directory needs Pillow: pip install pillow") from error
    labels = labels if label_mode is not None else None
    _check(labels, label_mode, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    _check_split(validation_split, subset, shuffle, seed)
    paths, found, names = _index(Path(directory), labels, class_names, follow_links)
    if np.shape(image_size) != (2,):
        raise ValueError(f"image_dataset_from_directory expects image_size to be (height, width), got {image_size!r}")
    owner = "image_dataset_from_directory"
    height, width = (check_positive_integer(owner, f"image_size[{place}]", side) for place, side in enumerate(image_size))
    if batch_size is not None:
        check_positive_integer(owner, "batch_size", batch_size)
    if verbose:
        print(f"Found {len(paths)} files{'' if names is None else f' of {len(names)} classes'}.")
    encoded = None if found is None else _encoded(found, label_mode, names)
    if shuffle:
        order = make_generator(seed).permutation(len(paths))
        paths, encoded = [paths[i] for i in order], None if encoded is None else encoded[order]
    reader = ImageReader(color_mode, (height, width), interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio)
    cut = len(paths) - int((validation_split or 0) * len(paths))
    made = []
    for part, rows in (("training", slice(0, cut)), ("validation", slice(cut, None))):
        if subset in (part, "both") or (subset is None and part == "training"):
            if not paths[rows]:
                raise ValueError(f"validation_split={validation_split} of {len(paths)} files leaves none for {part}")
            made.append(ImageFiles(paths[rows], None if encoded is None else encoded[rows], names, reader, batch_size))
    return tuple(made) if subset == "both" else made[0]


def _check(labels: Any, label_mode: Any, color_mode: str, interpolation: str, crop: bool, pad: bool) -> None:
    if not (labels is None or labels == "inferred" or isinstance(labels, (list, tuple, np.ndarray))):
        raise ValueError(f'labels is "inferred", None, or a list with one for each file, got {labels!r}')
    choices = {"label_mode": (label_mode, ("int", "binary", "categorical", None)), "color_mode": (color_mode, tuple(MODES))}
    for name, (given, known) in (choices | {"interpolation": (interpolation, INTERPOLATIONS)}).items():
        if given not in known:
            raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, got {given!r}")
    if crop and pad:
        raise ValueError("proportions are kept by crop_to_aspect_ratio or by pad_to_aspect_ratio, got both")


def _check_split(validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if (validation_split is None) != (subset is None):
        raise ValueError('validation_split and subset ("training", "validation" or "both") go together; one of them is missing')
    if validation_split is None:
        return
    if not 0 < validation_split < 1:
        raise ValueError(f"validation_split is a fraction in (0, 1), got {validation_split!r}")
    if subset not in ("training", "validation", "both"):
        raise ValueError(f'subset is "training", "validation" or "both", got {subset!r}')
    if shuffle and seed is None and subset != "both":
        raise ValueError('training and validation would share files: pass the same seed to both calls, or subset="both"')


def _index(directory: Path, labels: Any, class_names: Any, follow_links: bool) -> tuple[list[str], Any, list[str] | None]:
    """Files in sorted order, their labels, and the names of these."""
    if not directory.is_dir():
        raise ValueError(f"there is no folder {directory}")
    if labels is None or not isinstance(labels, str):
        if class_names is not None:
            raise ValueError('class_names goes with labels="inferred"')
        paths = _files(directory, follow_links)
        if labels is not None and len(labels) != len(paths):
            raise ValueError(f"labels has {len(labels)} entries, {directory} has {len(paths)} image files")
        found = None if labels is None else _own_labels(labels)
        names = None if found is None else [str(label) for label in range(found.max(initial=0) + 1)]
    else:
        folders = sorted(item.name for item in directory.iterdir() if item.is_dir() and not item.name.startswith("."))
        if class_names is not None and (lost := sorted(set(class_names) - set(folders))):
            raise ValueError(f"there are no folders {lost} in {directory}; it has {folders}")
        names = list(class_names or folders)
        inside = [_files(directory / name, follow_links) for name in names]
        paths = [path for several in inside for path in several]
        found = np.repeat(np.arange(len(names)), [len(several) for several in inside])
    if not paths:
        raise ValueError(
            f"there are no images ({', '.join(FORMATS)}) in {directory}" + ("" if labels is None else "'s folders")
        )
    return paths, found, names


def _own_labels(labels: Any) -> Array:
    found = np.asarray(labels)
    classes = np.unique(found)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not np.array_equal(classes, np.arange(len(classes))):
        raise ValueError(
            f"labels expects whole numbers from 0, one for each file and none left out, got {classes.tolist()!r:.80}; "
            f"names become such numbers by np.unique(labels, return_inverse=True)[1]"
        )
    return found


def _files(directory: Path, follow_links: bool) -> list[str]:
    walked = sorted(os.walk(directory, followlinks=follow_links))
    return [os.path.join(at, name) for at, _, names in walked for name in sorted(names) if name.lower().endswith(FORMATS)]


def _encoded(labels: Array, label_mode: str | None, names: list[str] | None) -> Array:
    count = len(names or ())
    if label_mode == "binary":
        if count != 2:
            raise ValueError(f'label_mode="binary" is for 2 classes, there are {count}')
        return labels.astype("float32")[:, np.newaxis]
    return np.eye(count, dtype="float32")[labels] if label_mode == "categorical" else labels.astype("int32")
