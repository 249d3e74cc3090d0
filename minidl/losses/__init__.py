"""Losses: what training makes small."""

from collections.abc import Mapping
from typing import Any

from minidl.config import registry
from minidl.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from minidl.losses.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from minidl.losses.loss import Loss
from minidl.losses.regression import MeanSquaredError
from minidl.losses.traced import FunctionLoss, takes_two

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "FunctionLoss",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

_ALIASES = {"bce": "BinaryCrossentropy", "mse": "MeanSquaredError"}
_FUNCTIONS = (binary_crossentropy, categorical_crossentropy, mean_squared_error, sparse_categorical_crossentropy)


def get(identifier: Any) -> Any:
    """The loss that a name, a class, a config or an object stands for; `None` stays `None`.

    Our own functions stand for their classes. Any other function `f(y_true, y_pred)` is drawn as a graph when it first sees
    data, which gives its gradient; it is written with `minidl.ops` and operators.

    Raises:
        ValueError: a name that is not known; the nearest is named.
        TypeError: something that is neither.
    Example:
        >>> get("mse")
        MeanSquaredError()
    """
    if any(identifier is function for function in _FUNCTIONS):
        identifier = identifier.__name__
    found = registry.shortcut(identifier, "losses", _ALIASES)
    if found is None or isinstance(found, Loss):
        return found
    if takes_two(found):
        return FunctionLoss(found)
    raise TypeError(
        f"a loss is a name, a function of (y_true, y_pred) written with minidl.ops, or a Loss, got {found!r}; "
        f"derive a class from minidl.losses.Loss with call(y_true, y_pred), or with forward and backward"
    )


def serialize(loss: Any) -> Any:
    """Turn a loss into plain JSON values."""
    return registry.serialize(loss)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Turn what `serialize` gave, or a name, back into the loss."""
    return get(registry.deserialize(config, custom_objects))
