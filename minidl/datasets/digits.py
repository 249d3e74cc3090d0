"""The UCI optical digits: 1,797 handwritten digits of 8x8 pixels, inside the package."""

from importlib.resources import files
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Part: TypeAlias = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def load_data(split: str = "every_fifth") -> tuple[Part, Part]:
    """Load images and labels for training and testing.

    Each pixel is the number of dark pixels in a 4x4 block of the scan, an integer from 0 to 16, so `x / 16` is in [0, 1].
    Neighboring rows were written by the same few of 13 writers. With "every_fifth" the test images are therefore by writers
    that also occur in the training images; with "last" most of their writers are new, which is harder.

    Args:
        split: "every_fifth" (rows 0, 5, 10, ... test, the rest trains) or "last" (the last fifth tests).
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (1437 or 360, 8, 8), y of shape (1437 or 360,), all uint8.
    Raises:
        ValueError: `split` is another word.
    Source: E. Alpaydin & C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository 1998,
        doi 10.24432/C50P49, licensed CC BY 4.0; its 1,797 test images, as scikit-learn carries them, repacked as uint8.
    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_test.shape, y_test[:8]
        ((1437, 8, 8), (360, 8, 8), array([0, 5, 0, 5, 0, 5, 0, 5], dtype=uint8))
    """
    x, y = _load_all()
    row = np.arange(len(x))
    parts = {"every_fifth": row % 5 == 0, "last": row >= len(x) * 4 // 5}
    if split not in parts:
        raise ValueError(f"split is 'every_fifth' or 'last', got {split!r}")
    test = parts[split]
    return (x[~test], y[~test]), (x[test], y[test])


def _load_all() -> Part:
    with files("minidl.datasets").joinpath("digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return np.ascontiguousarray(arrays["x"]), arrays["y"]  # the file has the columns of all images together: it is smaller
