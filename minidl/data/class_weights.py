"""Weights of rows: those that classes give them, and the check that none is negative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minidl.config.checks import is_number, shown
from minidl.config.nest import flatten
from minidl.config.types import Array, ArrayLike

_OF_ONE_OUTPUT = ({0, 1}, {-1, 1})  # a batch may hold one class alone


def class_weights(y: Array, weights: Mapping[object, float], units: int | None = None) -> Array:
    """Sample weights from a dict of class weights; classes that it does not name have the weight 1.

    Args:
        y: labels, which may be whole numbers of a float type, or rows of one-hot classes or probabilities.
        weights: a weight of at least 0 for some of the classes.
        units: number of outputs of the model, one for each class if there are several; `None` if unknown.
    Raises:
        ValueError: a key is not a class, a weight is negative, or y does not hold one class for each row.
    """
    if not isinstance(weights, Mapping):
        raise TypeError(f"class_weight is a dict of class: weight, such as {{0: 1.0, 1: 2.5}}, got {shown(weights)}")
    several = bool(((y == 0) | (y == 1)).all()) and y.ndim == 2 and bool((y.sum(axis=1) > 1).any())
    one_hot = y.ndim == 2 and y.shape[1] > 1 and not several  # or probabilities: the class is the largest
    if y.size != len(y) and not one_hot:
        raise ValueError(f"class_weight needs one label or one one-hot row for each row, got targets of shape {y.shape}")
    labels = y.argmax(axis=-1) if one_hot else y.reshape(len(y))
    classes, places = np.unique(labels, return_inverse=True)
    _check_classes(weights, set(classes.tolist()), y.shape[1] if one_hot else units)
    return np.array([float(weights.get(label, 1.0)) for label in classes.tolist()])[places]


def _check_classes(weights: Mapping[object, object], found: set[Any], units: int | None) -> None:
    """Raise ValueError for keys that are not classes, which would have no effect, and for weights that are not numbers."""
    keys = set(weights)
    if units is not None and units > 1:
        known = found | set(range(units))
    else:
        known = next((pair for pair in _OF_ONE_OUTPUT if keys | found <= pair), found)
    if fractions := [label for label in found if isinstance(label, float) and not label.is_integer()]:
        raise ValueError(f"class_weight needs class labels, got the target {fractions[0]:g}; give sample_weight instead")
    if unknown := [key for key in weights if key not in known]:
        kind = f", as numbers, not {type(unknown[0]).__name__}" if isinstance(unknown[0], str) else ""
        raise ValueError(f"class_weight names {unknown[0]!r}, which is not a class: the labels are {_listed(known)}{kind}")
    for key, weight in weights.items():
        if not is_number(weight) or not 0 <= weight < float("inf"):
            raise ValueError(f"class_weight[{key!r}] is {shown(weight)}; a weight is a number of at least 0")


def _listed(labels: set[Any]) -> str:
    ordered = [f"{label:g}" if isinstance(label, float) else str(label) for label in sorted(labels)]
    return ", ".join(ordered) if len(ordered) <= 10 else f"{ordered[0]}, {ordered[1]} ... {ordered[-1]}"


def check_weights(sample_weight: ArrayLike) -> None:
    """Raise ValueError for negative sample weights, with which a model would learn to be wrong."""
    for weights in flatten(sample_weight):
        if weights is not None and weights.size and weights.min() < 0:
            dense = weights.toarray() if hasattr(weights, "toarray") else weights
            row = int(np.argwhere(dense < 0)[0][0])
            raise ValueError(
                f"sample_weight holds {dense[row].min():g} at row {row}; weights are at least 0, and 0 leaves a row out"
            )
