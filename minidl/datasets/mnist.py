"""MNIST: 70,000 handwritten digits of 28x28 pixels, in Keras's archive."""

import os
import zipfile
import zlib
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minidl.datasets.download import fetch

Part: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> tuple[Part, Part]:
    """Load images and labels, 60,000 for training and 10,000 by other writers for testing.

    The first call downloads 11 MB (extra `datasets`) and checks the SHA-256 digest; an existing file is used unchecked, which
    works offline and without pooch.

    Args:
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (60000 or 10000, 28, 28), y of shape (60000 or 10000,), all uint8.
    Raises:
        ImportError: there is no file at `path`, and pooch, which downloads it, is not installed.
        OSError: the download failed.
        ValueError: the download is not the known archive, or the file at `path` is damaged or holds something else.
    Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits, 1998; archive as Keras publishes it.
    """
    file = fetch(path, URL, SHA256)
    x_train, y_train, x_test, y_test = _read(file)
    for x, y, part in ((x_train, y_train, "train"), (x_test, y_test, "test")):
        if x.shape != (len(y), 28, 28) or y.shape != (len(y),) or x.dtype != np.uint8 or y.dtype != np.uint8:
            raise ValueError(
                f"{file} does not hold MNIST: expected uint8 images (n, 28, 28) and labels (n,) in x_{part} and y_{part}, "
                f"got {x.dtype} {x.shape} and {y.dtype} {y.shape}"
            )
    return (x_train, y_train), (x_test, y_test)


def _read(file: Path) -> list[npt.NDArray[np.uint8]]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return [archive[name] for name in ("x_train", "y_train", "x_test", "y_test")]
    except KeyError as error:
        raise ValueError(f"{file} does not hold MNIST: {error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is damaged ({error}); delete it, and the next call downloads it again") from error
