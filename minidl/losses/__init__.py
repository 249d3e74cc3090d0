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

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
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

    Our own functions stand for their classes. Any other function is refused, because nothing here can differentiate it,
    where Keras would take it.

    Raises:
        ValueError: a name that is not known; the nearest is named.
        TypeError: something without a gradient.
    Example:
        >>> get("mse")
        MeanSquaredError()
    """
    if any(identifier is function for function in _FUNCTIONS):
        identifier = identifier.__name__
    found = registry.shortcut(identifier, "losses", _ALIASES)
    if found is None or isinstance(found, Loss):
        return found
    raise TypeError(
        f"a loss is a name or an object with a gradient, got {found!r}; derive a class from minidl.losses.Loss with "
        f"forward(y_true, y_pred) -> (values, cache) and backward(dvalues, cache) -> dy_pred"
    )


def serialize(loss: Any) -> Any:
    """Turn a loss into plain JSON values."""
    return registry.serialize(loss)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Turn what `serialize` gave, or a name, back into the loss."""
    return get(registry.deserialize(config, custom_objects))
