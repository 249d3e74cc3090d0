"""The format of CIFAR-10 and CIFAR-100: pickled dicts of 3,072 bytes for each image, inside a .tar.gz file."""

from pathlib import Path

import numpy as np

from minidl.config.types import Array
from minidl.datasets.archives import read_tar, reading, wrong_content
from minidl.datasets.pickles import read_pickle


def read_parts(file: Path, title: str, names: list[str], labels: str, dtype: str) -> tuple[Array, Array]:
    """Images and labels of some files in the archive, one after another.

    Returns:
        uint8 images (n, 32, 32, 3) and labels (n, 1).
    """
    parts = [_read(file, title, content, labels, dtype) for content in read_tar(file, title, names)]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _read(file: Path, title: str, content: bytes, labels: str, dtype: str) -> tuple[Array, Array]:
    with reading(file, title):
        batch = read_pickle(content)
    found = batch.items() if type(batch) is dict else ()
    by_name = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in found}
    pixels, classes = by_name.get("data"), by_name.get(labels)
    rows = len(classes) if type(classes) is list else -1
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape != (rows, 3 * 32 * 32):
        wrong_content(file, title, f"expected (n, 3072) bytes in 'data' and n numbers in {labels!r}")
    if not all(type(label) is int and 0 <= label < 256 for label in classes or ()):
        wrong_content(file, title, f"{labels!r} holds something other than labels")
    images = pixels.reshape(rows, 3, 32, 32).transpose(0, 2, 3, 1)
    return images, np.array(classes, dtype).reshape(rows, 1)
