"""One-hot encoding and normalization."""

import numpy as np

from minidl.config.settings import floatx
from minidl.config.types import Array


def to_categorical(x: object, num_classes: int | None = None) -> Array:
    """One-hot rows from integer labels.

    Args:
        x: integer labels of any shape; a last axis of size 1 is dropped, as in Keras.
        num_classes: width of the rows; one more than the largest label by default.
    Returns:
        An array of `floatx()` with a last axis of `num_classes`.
    Raises:
        ValueError: a label is not a whole number, or out of range.
    Example:
        >>> to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise ValueError(
            f"to_categorical expects whole-number labels, got values such as {given.ravel()[:3].tolist()}; number them first: "
            f"classes, labels = np.unique(y, return_inverse=True)"
        )
    labels = given.astype(np.int64)
    if given.dtype.kind not in "biu" and not np.array_equal(labels, given):
        raise ValueError(f"to_categorical expects whole-number labels, got values such as {given.ravel()[:3].tolist()}")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    if labels.size and labels.min() < 0:
        raise ValueError(
            f"to_categorical expects labels from 0 on, got {labels.min()}; write y - y.min() to number them from 0"
        )
    width = int(labels.max()) + 1 if num_classes is None else num_classes
    if labels.size and not 0 <= labels.min() <= labels.max() < width:
        raise ValueError(f"to_categorical expects labels in 0 ... {width - 1}, got {labels.min()} ... {labels.max()}")
    return np.eye(width, dtype=floatx())[labels]


def normalize(x: object, axis: int = -1, order: int = 2) -> Array:
    """Divide by the norm along an axis; vectors of norm 0 stay 0.

    Args:
        x: numbers.
        axis: the axis; unlike in Keras, 0 is the first axis.
        order: order of the norm, as in `np.linalg.norm`.
    Returns:
        A new float array.
    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    array = np.asarray(x)
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    return array / np.where(norm == 0, 1, norm)
