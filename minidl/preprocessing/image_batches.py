"""Infinite batches of images for `ImageDataGenerator`: from arrays, from folders, and from the columns of a frame."""

from __future__ import annotations

import os
from collections.abc import Iterator as Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.randomness import make_generator
from minidl.config.types import Array, DTypeLike, MaybeNone, Options, State, Tensors
from minidl.config.user_warnings import warn_user
from minidl.data.dataset import PyDataset
from minidl.utils.pillow import array_to_img, img_to_array, load_img

if TYPE_CHECKING:
    from minidl.preprocessing.image_generator import ImageDataGenerator

FORMATS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
Saving: TypeAlias = tuple[str | Path | MaybeNone, str, str]  # folder or None, prefix and ending of the files
Order: TypeAlias = tuple[int, bool, int | None]  # batch size, whether to shuffle, seed
UNLABELED = ("input", "multi_output", "raw", None)  # modes of a frame without classes


class Iterator(PyDataset):
    """Batches by index for `fit`, and infinitely many with `next`; the order is drawn again for each pass.

    Attributes:
        n, samples: number of images.
        filenames, filepaths: the files, if the images are read from files.
        class_indices, classes: the number of each class, and the one of each image.
    """

    def __init__(
        self,
        generator: ImageDataGenerator,
        source: Array | ImageFiles,
        targets: Sequence[Array | list[Array] | ImageFiles],
        order: Order,
        saving: Saving,
    ) -> None:
        super().__init__()
        batch_size, self.shuffle, self.seed = order
        self.batch_size = check_positive_integer("ImageDataGenerator", "batch_size", batch_size)
        self.image_data_generator, self._source, self._targets, self._saving = generator, source, targets, saving
        self.n = self.samples = len(source)
        self.batch_index, self.total_batches_seen = 0, 0
        self.filenames: list[str] = []
        self.filepaths: list[str] = []
        self.class_indices: dict[str, int] = {}
        self.classes: Any = None
        self._random = make_generator(self.seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Tensors:
        if not 0 <= index < len(self):
            raise IndexError(f"there are {len(self)} batches, got index {index}")
        self.total_batches_seen += 1
        rows = self._order[self.batch_size * index : self.batch_size * (index + 1)]
        batch = np.stack([self._changed(self._source[row]) for row in rows])
        if self._saving[0] is not None:
            self._save(batch, rows)
        found = [batch.copy() if target is self._source else _rows(target, rows) for target in self._targets]
        return (batch, *found) if found else batch

    def __iter__(self) -> Iterable[object]:
        return self

    def __next__(self) -> Tensors:
        if self.n == 0:
            raise ValueError("there are no images")
        if self.batch_index == 0 and self.total_batches_seen:
            self.on_epoch_end()
        index, self.batch_index = self.batch_index, (self.batch_index + 1) % len(self)
        return self[index]

    def on_epoch_end(self) -> None:
        """Draw a new order."""
        self._order = self._new_order()

    def get_state(self) -> State:
        """The order, and the state of the random numbers, for `BackupAndRestore`."""
        counts = {"batch_index": self.batch_index, "total_batches_seen": self.total_batches_seen}
        return counts | {"_order": self._order, "_random": self._random}

    def set_state(self, state: State) -> None:
        """Set what `get_state` returned."""
        for name, value in state.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Begin again with the first batch."""
        self.batch_index = 0

    def _new_order(self) -> Array:
        return self._random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _changed(self, image: Array) -> Array:
        generator = self.image_data_generator
        drawn = generator.get_random_transform(image.shape, int(self._random.integers(2**31)))
        return generator.standardize(generator.apply_transform(image, drawn)).astype(generator.dtype)

    def _save(self, batch: Array, rows: Array) -> None:
        folder, prefix, ending = self._saving
        for image, row in zip(batch, rows, strict=True):
            name = f"{prefix}_{row}_{int(self._random.integers(10**7))}.{ending}"
            array_to_img(image, self.image_data_generator.data_format).save(os.path.join(folder, name))


class ImageFiles:
    """Images read from files when they are asked for."""

    def __init__(self, paths: list[str], data_format: str, dtype: DTypeLike, reading: Options) -> None:
        self.paths, self.data_format, self.dtype, self.reading = paths, data_format, dtype, reading

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, row: int) -> Array:
        return img_to_array(load_img(self.paths[row], **self.reading), self.data_format, self.dtype)


def batches_from_arrays(
    generator: ImageDataGenerator, x: object, y: object, batch_size: int, shuffle: bool, sample_weight: object,
    seed: int | None, saving: Saving, ignore_class_split: bool, subset: str | None,
) -> Iterator:  # fmt: skip
    """Images in memory, with labels and weights if there are any."""
    images = np.asarray(x, generator.dtype)
    if images.ndim != 4:
        raise ValueError(f"flow expects images of four axes, got shape {images.shape}")
    targets = [np.asarray(one) for one in (y, sample_weight) if one is not None]
    if y is None and sample_weight is not None:
        raise ValueError("sample_weight needs y")
    for name, target in zip(("y", "sample_weight"), targets, strict=False):
        if len(target) != len(images):
            raise ValueError(f"flow expects one {name} for each of {len(images)} images, got {len(target)}")
    start, stop = _part(generator, subset, len(images))
    if subset is not None and y is not None and not ignore_class_split:
        cut = int(len(images) * generator.validation_split)
        if not np.array_equal(np.unique(targets[0][:cut]), np.unique(targets[0][cut:])):
            raise ValueError("training and validation have different classes; shuffle x and y, or pass ignore_class_split=True")
    parts = [target[start:stop] for target in targets]
    return Iterator(generator, images[start:stop], parts, (batch_size, shuffle, seed), saving)


def batches_from_folder(
    generator: ImageDataGenerator, directory: str | Path, classes: Sequence[str] | None, class_mode: str | None, order: Order,
    reading: Options, saving: Saving, follow_links: bool, subset: str | None,
) -> Iterator:  # fmt: skip
    """Images in a folder with one folder for each class."""
    if class_mode not in ("categorical", "binary", "sparse", "input", None):
        raise ValueError(f'class_mode is "categorical", "binary", "sparse", "input" or None, got {class_mode!r}')
    names = list(classes or sorted(entry.name for entry in Path(directory).iterdir() if entry.is_dir()))
    filenames: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        walked = sorted(os.walk(os.path.join(directory, name), followlinks=follow_links))
        found = [os.path.join(at, file) for at, _, files in walked for file in sorted(files) if file.lower().endswith(FORMATS)]
        start, stop = _part(generator, subset, len(found))
        filenames += [os.path.relpath(path, directory) for path in found[start:stop]]
        labels += [label] * len(found[start:stop])
    print(f"Found {len(filenames)} images belonging to {len(names)} classes.")
    paths = [os.path.join(directory, name) for name in filenames]
    batches = _from_files(generator, paths, labels, len(names), class_mode, order, reading, saving)
    batches.filenames, batches.class_indices = filenames, {name: label for label, name in enumerate(names)}
    batches.classes = np.array(labels, "int32")
    return batches


def batches_from_frame(
    generator: ImageDataGenerator, dataframe: Any, directory: str | Path | None,
    columns: tuple[str, str | Sequence[str], str | None], classes: Sequence[str] | None, class_mode: str | None, order: Order,
    reading: Options, saving: Saving, subset: str | None, validate_filenames: bool,
) -> Iterator:  # fmt: skip
    """The images that a frame names, with the labels, targets and weights of its columns."""
    x_col, y_col, weight_col = columns
    if class_mode not in ("binary", "categorical", "sparse", *UNLABELED):
        raise ValueError(
            f"class_mode is 'binary', 'categorical', 'sparse', 'input', 'multi_output', 'raw' or None, got {class_mode!r}"
        )
    names: list[str] = []
    frame = dataframe.copy()
    if not all(isinstance(name, str) for name in frame[x_col]):
        raise TypeError(f"the column x_col={x_col!r} must hold strings, the names of files")
    paths = [os.path.join(directory or "", name) for name in frame[x_col]]
    if validate_filenames:
        valid = np.array([path.lower().endswith(FORMATS) and os.path.isfile(path) for path in paths], bool)
        if not valid.all():
            warn_user(f"{(~valid).sum()} of the files in {x_col!r} are not images and are left out")
        frame = frame[valid]
    if class_mode not in UNLABELED:
        allowed = (str, list, tuple) if class_mode == "categorical" else str
        if not all(isinstance(label, allowed) for label in frame[y_col]):
            raise TypeError(f"class_mode={class_mode!r} expects strings in the column y_col={y_col!r}")
        listed = [[label] if isinstance(label, str) else list(label) for label in frame[y_col]]
        names = list(dict.fromkeys(classes)) if classes else sorted({one for several in listed for one in several})
        if class_mode == "binary" and len(names) != 2:
            raise ValueError(f'class_mode="binary" is for 2 classes, there are {len(names)}')
        frame = frame[np.array([any(one in names for one in several) for several in listed], bool)]
    start, stop = _part(generator, subset, len(frame))
    frame = frame.iloc[start:stop]
    numbers = {name: number for number, name in enumerate(names)}
    labels: Any = None
    if class_mode == "multi_output":
        labels = [np.array(frame[column].tolist()) for column in y_col]
    elif class_mode == "raw":
        labels = frame[y_col].to_numpy()
    elif class_mode not in UNLABELED:
        labels = [
            numbers[label] if isinstance(label, str) else [numbers[one] for one in label if one in numbers]
            for label in frame[y_col]
        ]
    print(f"Found {len(frame)} image files{f' belonging to {len(names)} classes' if names else ''}.")
    paths = [os.path.join(directory or "", name) for name in frame[x_col]]
    weights = [] if weight_col is None or class_mode is None else [frame[weight_col].to_numpy()]
    batches = _from_files(generator, paths, labels, len(names), class_mode, order, reading, saving, weights)
    batches.filenames, batches.class_indices = frame[x_col].tolist(), numbers
    batches.classes = labels if numbers else None
    return batches


def _from_files(
    generator: ImageDataGenerator, paths: list[str], labels: Any, count: int, class_mode: str | None, order: Order,
    reading: Options, saving: Saving, weights: list[Array] | None = None,
) -> Iterator:  # fmt: skip
    """Batches of files, with labels in the form that `class_mode` names."""
    source = ImageFiles(paths, generator.data_format, generator.dtype, reading)
    y = labels
    if class_mode == "categorical":
        y = np.zeros((len(paths), count), generator.dtype)
        for row, label in enumerate(labels):
            y[row, label] = 1
    elif class_mode in ("binary", "sparse"):
        y = np.array(labels, generator.dtype)
    targets: list[Array | list[Array] | ImageFiles] = [] if class_mode is None else [source if class_mode == "input" else y]
    batches = Iterator(generator, source, [*targets, *(weights or [])], order, saving)
    batches.filepaths = paths
    return batches


def _part(generator: ImageDataGenerator, subset: str | None, count: int) -> tuple[int, int]:
    """First row of the training or validation part, and the one after its last."""
    if subset not in (None, "training", "validation"):
        raise ValueError(f'subset is "training", "validation" or None, got {subset!r}')
    cut = int(count * generator.validation_split)
    return (0, count) if subset is None else (0, cut) if subset == "validation" else (cut, count)


def _rows(target: Any, rows: Array) -> Array | list[Array]:
    return [one[rows] for one in target] if isinstance(target, list) else target[rows]
