"""The `preprocess_input` of the networks: which scaling of pixels each was trained with."""

from typing import Any

import numpy as np

from minidl.applications import imagenet_utils
from minidl.config.types import Array


def blue_green_red(x: Any, data_format: str | None = None) -> Array:
    """Turn pixels to blue, green, red, minus ImageNet's mean."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


def between_minus_one_and_one(x: Any, data_format: str | None = None) -> Array:
    """Scale pixels from 0 ... 255 to -1 ... 1."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


def standardized(x: Any, data_format: str | None = None) -> Array:
    """Scale pixels from 0 ... 255 by ImageNet's mean and standard deviation."""
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")


def unchanged(x: Any, data_format: str | None = None) -> Array:
    """Returns x: the network scales its images itself."""
    return np.asarray(x)
