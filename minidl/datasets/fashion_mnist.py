"""Fashion-MNIST: 70,000 pictures of clothes of 28x28 pixels in 10 classes."""

from pathlib import Path

import numpy as np

from minidl.data.download import fetch
from minidl.datasets.archives import read_gzip, wrong_content
from minidl.datasets.mnist import Part

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
TITLE = "Fashion-MNIST"


def load_data() -> tuple[Part, Part]:
    """Load images and labels, 60,000 for training and 10,000 for testing.

    The classes are T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot. The four files are
    downloaded once (31 MB) to the folder `fashion-mnist` in `$MINIDL_HOME` or `~/.cache/minidl`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (60000 or 10000, 28, 28), y of shape (60000 or 10000,), all uint8.
    Raises:
        OSError: a file does not exist, and its download failed.
        ValueError: a download is not the known file, or a file is damaged.
    Source: Xiao, Rasul & Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, 2017;
        MIT license.
    Example:
        `(x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()`
    """
    return _part("train"), _part("t10k")


def _part(part: str) -> Part:
    images, labels = (_fetched(f"{part}-{kind}-ubyte.gz", axes) for kind, axes in (("images-idx3", 3), ("labels-idx1", 1)))
    if images.shape != (len(labels), 28, 28):
        wrong_content(_path(f"{part}-images-idx3-ubyte.gz"), TITLE, f"expected images (n, 28, 28), got {images.shape}")
    return images, labels


def _path(name: str) -> Path:
    return fetch(Path("fashion-mnist") / name, URL + name, SHA256[name])


def _fetched(name: str, axes: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """An array in the IDX format: two zero bytes, 8 for uint8, the number of axes, their lengths, and the values."""
    file = _path(name)
    data = read_gzip(file, TITLE)
    start = 4 + 4 * axes
    shape = np.frombuffer(data[4:start], ">u4").astype(int).tolist() if len(data) >= start else []
    if data[:4] != bytes([0, 0, 8, axes]) or len(data) - start != np.prod(shape, dtype=float):
        wrong_content(file, TITLE, f"it is not an IDX file of bytes with {axes} axes")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()
