"""CIFAR-100: 60,000 color photographs of 32x32 pixels in 100 classes."""

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.cifar import read_parts

URL = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load images and labels, 50,000 for training and 10,000 for testing.

    The archive is downloaded once (161 MB) to `cifar-100-python.tar.gz` in `$MINIDL_HOME` or `~/.cache/minidl`.

    Args:
        label_mode: "fine" for 100 classes, "coarse" for the 20 groups of five that they form.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (n, 32, 32, 3), uint8, y of shape (n, 1), int64.
    Raises:
        OSError: the archive does not exist, and its download failed.
        ValueError: `label_mode` is another word, the download is not the known archive, or the file is damaged.
    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    Example:
        `(x_train, y_train), (x_test, y_test) = cifar100.load_data()`
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'label_mode is "fine" or "coarse", got {label_mode!r}')
    file = fetch("cifar-100-python.tar.gz", URL, SHA256)
    train, test = (
        read_parts(file, "CIFAR-100", [f"cifar-100-python/{part}"], f"{label_mode}_labels", "int64")
        for part in ("train", "test")
    )
    return train, test
