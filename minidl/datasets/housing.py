"""What the two data sets of house prices have in common: an archive of x and y, shuffled and split."""

import os
from typing import TypeAlias

import numpy as np

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.archives import read_npz, wrong_content

Parts: TypeAlias = tuple[tuple[Array, Array], tuple[Array, Array]]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def read_housing(path: "str | os.PathLike[str]", name: str, digest: str, title: str, features: int) -> tuple[Array, Array]:
    """Features (n, features) and prices (n,)."""
    file = fetch(path, URL + name, digest)
    x, y = read_npz(file, title, ("x", "y"))
    if x.shape != (len(y), features) or y.shape != (len(x),) or x.dtype.kind != "f" or y.dtype.kind != "f":
        wrong_content(file, title, f"expected numbers (n, {features}) in x and (n,) in y, got {x.shape} and {y.shape}")
    return x, y


def check_test_split(test_split: float) -> None:
    """Raise `ValueError` unless the fraction is in [0, 1)."""
    if not 0 <= test_split < 1:
        raise ValueError(f"test_split is a fraction in [0, 1), got {test_split!r}")


def split_shuffled(x: Array, y: Array, test_split: float, seed: int | None) -> Parts:
    """Shuffle the rows as Keras's seed does, and split off the last ones for testing."""
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # the legacy generator, because its order is part of the data set
    x, y = x[order], y[order]
    cut = int(len(x) * (1 - test_split))
    return (x[:cut].copy(), y[:cut].copy()), (x[cut:].copy(), y[cut:].copy())
