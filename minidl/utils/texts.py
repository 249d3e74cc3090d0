"""Data sets from folders of text files."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.utils.folders import FileKind, Folder


def text_dataset_from_directory(
    directory: "str | os.PathLike[str]",
    labels: str = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Batches of texts for `TextVectorization` and `fit`, from a folder with one subfolder of .txt files per class.

    Args:
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, verbose:
            as in `image_dataset_from_directory`.
        max_length: number of characters to which longer texts are cut.
    Returns:
        A `PyDataset` with `class_names`, `file_paths`, and `map`, `take`, `cache` and so on; two of them for "both".
    Raises:
        ValueError: there are no texts, or arguments contradict each other.
    Example:
        >>> Path("praise").mkdir()
        >>> size = Path("praise/one.txt").write_text("very good")
        >>> [(x, y)] = text_dataset_from_directory(".", verbose=False)
        >>> x, y
        (array(['very good'], dtype=object), array([0], dtype=int32))
    """
    if max_length is not None:
        check_positive_integer("text_dataset_from_directory", "max_length", max_length)

    def read(path: str) -> str:
        return Path(path).read_bytes().decode("utf-8", errors="replace")[:max_length]

    kind = FileKind("text", (".txt",), read, lambda texts: np.array(texts, object))
    folder = Folder(directory, kind, labels, label_mode, class_names, follow_links)
    return folder.datasets("text_dataset_from_directory", batch_size, shuffle, seed, validation_split, subset, verbose)
