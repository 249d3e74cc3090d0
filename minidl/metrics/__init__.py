"""Metrics: what a model is judged by."""

from collections.abc import Mapping
from typing import Any

from minidl.config import registry
from minidl.config.types import Shape
from minidl.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from minidl.metrics.mean import Mean, MeanMetric, MeanMetricWrapper
from minidl.metrics.metric import Metric
from minidl.metrics.regression import MeanAbsoluteError, MeanSquaredError

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetric",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "deserialize",
    "get",
    "resolve_accuracy",
    "serialize",
]

_ALIASES = {"mae": "MeanAbsoluteError", "mse": "MeanSquaredError"}


def get(identifier: Any) -> Any:
    """The metric that a name, a class, a config, an object or a function stands for; `None` stays `None`.

    A function `f(y_true, y_pred)` of one value a row becomes the mean of that value, under the function's name.

    Raises:
        ValueError: a name that is not known; the nearest is named.
        TypeError: something that is neither a metric nor a function.
    Example:
        >>> get("mae")
        MeanAbsoluteError()
    """
    found = registry.shortcut(identifier, "metrics", _ALIASES)
    if found is None or isinstance(found, Metric):
        return found
    if callable(found):
        return MeanMetricWrapper(found)
    raise TypeError(f"a metric is a name, a Metric or a function f(y_true, y_pred) of one value a row, got {found!r}")


def resolve_accuracy(name: str, target_shape: tuple[int, ...], output_shape: Shape) -> Metric:
    """What "accuracy" or "acc" means for such targets and outputs, by Keras's rule; it keeps that name.

    Example:
        >>> resolve_accuracy("accuracy", (32,), (None, 10))
        SparseCategoricalAccuracy(name='accuracy')
    """
    if output_shape[-1] == 1:
        return BinaryAccuracy(name)
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)


def serialize(metric: Any) -> Any:
    """Turn a metric into plain JSON values."""
    return registry.serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Turn what `serialize` gave, or a name, back into the metric."""
    return get(registry.deserialize(config, custom_objects))
