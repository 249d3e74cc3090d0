"""The `preprocess_input` of the networks: which scaling of pixels each was trained with."""

import numpy as np

from minidl.applications import imagenet_utils
from minidl.config.types import Array
from minidl.graph.symbolic import SymbolicTensor


def blue_green_red(x: SymbolicTensor, data_format: str | None = None) -> Array:
    """Turn pixels to blue, green, red, minus ImageNet's mean.

    Example:
        >>> blue_green_red(np.zeros((1, 1, 3))).round(2)
        array([[[-103.94, -116.78, -123.68]]])
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")


def between_minus_one_and_one(x: SymbolicTensor, data_format: str | None = None) -> Array:
    """Scale pixels from 0 ... 255 to -1 ... 1.

    Example:
        >>> between_minus_one_and_one(np.array([[[0.0, 127.5, 255.0]]]))
        array([[[-1.,  0.,  1.]]])
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")


def standardized(x: SymbolicTensor, data_format: str | None = None) -> Array:
    """Scale pixels from 0 ... 255 by ImageNet's mean and standard deviation.

    Example:
        >>> standardized(np.zeros((1, 1, 3))).round(2)
        array([[[-2.12, -2.04, -1.8 ]]])
    """
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")


def unchanged(x: SymbolicTensor, data_format: str | None = None) -> Array:
    """Returns x: the network scales its images itself.

    Example:
        >>> unchanged(np.array([[[0.0, 127.5, 255.0]]]))
        array([[[  0. , 127.5, 255. ]]])
    """
    return np.asarray(x)
