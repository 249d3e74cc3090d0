"""MNIST: 70,000 handwritten digits of 28x28 pixels, in Keras's archive."""

import os
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from minidl.data.download import fetch
from minidl.datasets.archives import read_npz, wrong_content

Part: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: "str | os.PathLike[str]" = "mnist.npz") -> tuple[Part, Part]:
    """Load images and labels, 60,000 for training and 10,000 by other writers for testing.

    The first call downloads 11 MB and checks the SHA-256 digest; an existing file is used unchecked, which works offline.

    Args:
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (60000 or 10000, 28, 28), y of shape (60000 or 10000,), all uint8.
    Raises:
        OSError: there is no file at `path`, and the download failed.
        ValueError: the download is not the known archive, or the file at `path` is damaged or holds something else.
    Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits, 1998; archive as Keras publishes it.
    Example:
        `(x_train, y_train), (x_test, y_test) = mnist.load_data()`
    """
    file = fetch(path, URL, SHA256)
    x_train, y_train, x_test, y_test = read_npz(file, "MNIST", ("x_train", "y_train", "x_test", "y_test"))
    for x, y, part in ((x_train, y_train, "train"), (x_test, y_test, "test")):
        if x.shape != (len(y), 28, 28) or y.shape != (len(y),) or x.dtype != np.uint8 or y.dtype != np.uint8:
            wrong_content(
                file,
                "MNIST",
                f"expected uint8 images (n, 28, 28) and labels (n,) in x_{part} and y_{part}, "
                f"got {x.dtype} {x.shape} and {y.dtype} {y.shape}",
            )
    return (x_train, y_train), (x_test, y_test)
