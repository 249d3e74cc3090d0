"""Bring class labels to the shape and type that losses and metrics compute with."""

import numpy as np

from minidl.config.types import Array, Shape
from minidl.losses.target_advice import fix_for_label_shape


def match_labels(labels: Array, shape: Shape, axis: int = -1, owner: str = "the loss") -> Array:
    """Labels with the outputs' shape without the class axis; an axis of size 1 there is dropped."""
    if axis == -1 and labels.shape == shape[:-1]:
        return labels
    places = list(shape)
    del places[axis]
    if labels.ndim == len(shape) and labels.shape[axis] == 1:
        labels = labels.squeeze(axis)
    if labels.ndim != len(places) or any(size not in (None, had) for size, had in zip(places, labels.shape, strict=True)):
        raise ValueError(
            f"{owner} expects one label for each output of shape {shape}, got labels of shape {labels.shape}"
            f"{fix_for_label_shape(labels.shape, shape, axis)}"
        )
    return labels


def as_integers(labels: Array) -> Array:
    """Checked labels as integers: floats may hold them too, such as a pandas column that had gaps."""
    return labels.astype(np.int64) if labels.dtype.kind == "f" else labels
