"""Data sets from a folder with one subfolder per class; files are read batch by batch."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.randomness import make_generator
from minidl.config.types import Array, Tensors
from minidl.data.dataset import PyDataset
from minidl.data.pipeline import Transforms


class FileKind(NamedTuple):
    """How files of one kind are found and read.

    Attributes:
        name: what messages call one.
        formats: endings of their names, in lower case.
        read: makes an example from a path.
        join: makes a batch from a list of examples.
    """

    name: str
    formats: tuple[str, ...]
    read: Callable[[str], Tensors]
    join: Callable[[list[Array]], Array]


class Files(PyDataset, Transforms):
    """Batches of examples from files, with labels if there are any.

    Attributes:
        file_paths: the files in order.
        class_names: the name of each label, or `None`.
    """

    def __init__(
        self, paths: list[str], labels: Array | None, class_names: Sequence[str] | None, kind: FileKind, batch_size: int | None
    ) -> None:
        super().__init__()
        self.file_paths, self.labels, self.class_names = paths, labels, class_names
        self.kind, self.batch_size = kind, batch_size

    def __len__(self) -> int:
        return -(-len(self.file_paths) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Tensors:
        size = self.batch_size or 1
        chosen = slice(size * index, size * (index + 1))
        examples = [self.kind.read(path) for path in self.file_paths[chosen]]
        x = examples[0] if self.batch_size is None else self.kind.join(examples)
        if self.labels is None:
            return x
        return x, self.labels[chosen][0] if self.batch_size is None else self.labels[chosen]


class Folder:
    """The files in a folder, in sorted order, with their labels.

    Args:
        directory: the folder that holds a folder for each class.
        kind: which files, and how to read them.
        labels: "inferred" from the folders' names, `None` for none, or a list with one for each file in their sorted order.
        label_mode: "int", "binary", "categorical" or `None`.
        class_names: the folders to take, in the order of their labels.
        follow_links: whether to follow links to folders.
    """

    def __init__(
        self,
        directory: "str | os.PathLike[str]",
        kind: FileKind,
        labels: str | Sequence[int] | None,
        label_mode: str | None,
        class_names: Sequence[str] | None,
        follow_links: bool,
    ) -> None:
        check_choice("label_mode", label_mode, ("int", "binary", "categorical", None))
        labels = labels if label_mode is not None else None
        if not (labels is None or isinstance(labels, (list, tuple, np.ndarray)) or labels == "inferred"):
            raise ValueError(f'labels is "inferred", None, or a list with one for each file, got {labels!r}')
        self.directory, self.kind, self.follow_links = Path(directory), kind, follow_links
        if not self.directory.is_dir():
            raise ValueError(f"there is no folder {directory}")
        self.paths, found, self.class_names = self._index(labels, class_names)
        if not self.paths:
            inside = "" if labels is None else "'s folders"
            raise ValueError(f"there are no {kind.name}s ({', '.join(kind.formats)}) in {directory}{inside}")
        self.labels = None if found is None else _encoded(found, label_mode, self.class_names)

    def datasets(
        self,
        owner: str,
        batch_size: int | None,
        shuffle: bool,
        seed: int | None,
        validation_split: float | None,
        subset: str | None,
        verbose: bool,
    ) -> Any:
        """The data set of the whole folder, or one or both of its parts."""
        _check_split(validation_split, subset, shuffle, seed)
        if batch_size is not None:
            check_positive_integer(owner, "batch_size", batch_size)
        paths, labels, names = self.paths, self.labels, self.class_names
        if verbose:
            print(f"Found {len(paths)} files{'' if names is None else f' of {len(names)} classes'}.")
        if shuffle:
            order = make_generator(seed).permutation(len(paths))
            paths, labels = [paths[i] for i in order], None if labels is None else labels[order]
        cut = len(paths) - int((validation_split or 0) * len(paths))
        made = []
        for part, rows in (("training", slice(0, cut)), ("validation", slice(cut, None))):
            if subset in (part, "both") or (subset is None and part == "training"):
                if not paths[rows]:
                    raise ValueError(f"validation_split={validation_split} of {len(paths)} files leaves none for {part}")
                made.append(Files(paths[rows], None if labels is None else labels[rows], names, self.kind, batch_size))
        return tuple(made) if subset == "both" else made[0]

    def _index(
        self, labels: str | Sequence[int] | None, class_names: Sequence[str] | None
    ) -> tuple[list[str], Array | None, list[str] | None]:
        """Files in sorted order, their labels, and the names of these."""
        directory = self.directory
        if labels is None or not isinstance(labels, str):
            if class_names is not None:
                raise ValueError('class_names goes with labels="inferred"')
            paths = self._files(directory)
            if labels is not None and len(labels) != len(paths):
                raise ValueError(f"labels has {len(labels)} entries, {directory} has {len(paths)} {self.kind.name} files")
            found = None if labels is None else _own_labels(labels)
            return paths, found, None if found is None else [str(label) for label in range(found.max(initial=0) + 1)]
        folders = sorted(item.name for item in directory.iterdir() if item.is_dir() and not item.name.startswith("."))
        if class_names is not None and (lost := sorted(set(class_names) - set(folders))):
            raise ValueError(f"there are no folders {lost} in {directory}; it has {folders}")
        names = list(class_names or folders)
        inside = [self._files(directory / name) for name in names]
        found = np.repeat(np.arange(len(names)), [len(several) for several in inside])
        return [path for several in inside for path in several], found, names

    def _files(self, directory: Path) -> list[str]:
        walked = sorted(os.walk(directory, followlinks=self.follow_links))
        found = (os.path.join(at, name) for at, _, names in walked for name in sorted(names))
        return [path for path in found if path.lower().endswith(self.kind.formats)]


def check_choice(name: str, given: object, known: Sequence[object]) -> None:
    """Raise `ValueError` unless an argument has one of the known values."""
    if given not in known:
        raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, got {given!r}")


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


def _own_labels(labels: object) -> Array:
    found = np.asarray(labels)
    classes = np.unique(found)
    if found.ndim != 1 or found.dtype.kind not in "iu" or not np.array_equal(classes, np.arange(len(classes))):
        raise ValueError(
            f"labels expects whole numbers from 0, one for each file and none left out, got {classes.tolist()!r:.80}; "
            f"names become such numbers by np.unique(labels, return_inverse=True)[1]"
        )
    return found


def _encoded(labels: Array, label_mode: str | None, names: list[str] | None) -> Array:
    count = len(names or ())
    if label_mode == "binary":
        if count != 2:
            raise ValueError(f'label_mode="binary" is for 2 classes, there are {count}')
        return labels.astype("float32")[:, np.newaxis]
    return np.eye(count, dtype="float32")[labels] if label_mode == "categorical" else labels.astype("int32")
