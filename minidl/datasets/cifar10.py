"""CIFAR-10: 60,000 color photographs of 32x32 pixels in 10 classes."""

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.cifar import read_parts

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
FOLDER = "cifar-10-batches-py"


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load images and labels, 50,000 for training and 10,000 for testing.

    The classes are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck. The archive is downloaded once
    (163 MB) to `cifar-10-python.tar.gz` in `$MINIDL_HOME` or `~/.cache/minidl`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (n, 32, 32, 3), y of shape (n, 1), all uint8.
    Raises:
        OSError: the archive does not exist, and its download failed.
        ValueError: the download is not the known archive, or the file is damaged or holds something else.
    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    Example:
        `(x_train, y_train), (x_test, y_test) = cifar10.load_data()`
    """
    file = fetch("cifar-10-python.tar.gz", URL, SHA256)
    train = read_parts(file, "CIFAR-10", [f"{FOLDER}/data_batch_{number}" for number in range(1, 6)], "labels", "uint8")
    return train, read_parts(file, "CIFAR-10", [f"{FOLDER}/test_batch"], "labels", "uint8")
