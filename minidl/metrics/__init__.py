"""Metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.types import JSON, Array, CustomObjects, MaybeNone, Shape
from minidl.metrics.metric import Metric as Metric

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.losses.functions import binary_crossentropy as binary_crossentropy
    from minidl.losses.functions import binary_focal_crossentropy as binary_focal_crossentropy
    from minidl.losses.functions import categorical_crossentropy as categorical_crossentropy
    from minidl.losses.functions import categorical_focal_crossentropy as categorical_focal_crossentropy
    from minidl.losses.functions import categorical_hinge as categorical_hinge
    from minidl.losses.functions import hinge as hinge
    from minidl.losses.functions import huber as huber
    from minidl.losses.functions import kl_divergence as kl_divergence
    from minidl.losses.functions import log_cosh as log_cosh
    from minidl.losses.functions import mean_absolute_error as mean_absolute_error
    from minidl.losses.functions import mean_absolute_percentage_error as mean_absolute_percentage_error
    from minidl.losses.functions import mean_squared_error as mean_squared_error
    from minidl.losses.functions import mean_squared_logarithmic_error as mean_squared_logarithmic_error
    from minidl.losses.functions import poisson as poisson
    from minidl.losses.functions import sparse_categorical_crossentropy as sparse_categorical_crossentropy
    from minidl.losses.functions import squared_hinge as squared_hinge
    from minidl.metrics.accuracy import Accuracy as Accuracy
    from minidl.metrics.accuracy import BinaryAccuracy as BinaryAccuracy
    from minidl.metrics.accuracy import CategoricalAccuracy as CategoricalAccuracy
    from minidl.metrics.accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
    from minidl.metrics.at_threshold import PrecisionAtRecall as PrecisionAtRecall
    from minidl.metrics.at_threshold import RecallAtPrecision as RecallAtPrecision
    from minidl.metrics.at_threshold import SensitivityAtSpecificity as SensitivityAtSpecificity
    from minidl.metrics.at_threshold import SpecificityAtSensitivity as SpecificityAtSensitivity
    from minidl.metrics.auc import AUC as AUC
    from minidl.metrics.confusion import FalseNegatives as FalseNegatives
    from minidl.metrics.confusion import FalsePositives as FalsePositives
    from minidl.metrics.confusion import Precision as Precision
    from minidl.metrics.confusion import Recall as Recall
    from minidl.metrics.confusion import TrueNegatives as TrueNegatives
    from minidl.metrics.confusion import TruePositives as TruePositives
    from minidl.metrics.correlation import ConcordanceCorrelation as ConcordanceCorrelation
    from minidl.metrics.correlation import PearsonCorrelation as PearsonCorrelation
    from minidl.metrics.f_score import F1Score as F1Score
    from minidl.metrics.f_score import FBetaScore as FBetaScore
    from minidl.metrics.functions import binary_accuracy as binary_accuracy
    from minidl.metrics.functions import categorical_accuracy as categorical_accuracy
    from minidl.metrics.functions import concordance_correlation as concordance_correlation
    from minidl.metrics.functions import pearson_correlation as pearson_correlation
    from minidl.metrics.functions import sparse_categorical_accuracy as sparse_categorical_accuracy
    from minidl.metrics.functions import sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy
    from minidl.metrics.functions import top_k_categorical_accuracy as top_k_categorical_accuracy
    from minidl.metrics.iou import BinaryIoU as BinaryIoU
    from minidl.metrics.iou import IoU as IoU
    from minidl.metrics.iou import MeanIoU as MeanIoU
    from minidl.metrics.iou import OneHotIoU as OneHotIoU
    from minidl.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
    from minidl.metrics.loss_metrics import BinaryCrossentropy as BinaryCrossentropy
    from minidl.metrics.loss_metrics import CategoricalCrossentropy as CategoricalCrossentropy
    from minidl.metrics.loss_metrics import CategoricalHinge as CategoricalHinge
    from minidl.metrics.loss_metrics import CosineSimilarity as CosineSimilarity
    from minidl.metrics.loss_metrics import Hinge as Hinge
    from minidl.metrics.loss_metrics import KLDivergence as KLDivergence
    from minidl.metrics.loss_metrics import LogCoshError as LogCoshError
    from minidl.metrics.loss_metrics import MeanAbsoluteError as MeanAbsoluteError
    from minidl.metrics.loss_metrics import MeanAbsolutePercentageError as MeanAbsolutePercentageError
    from minidl.metrics.loss_metrics import MeanSquaredError as MeanSquaredError
    from minidl.metrics.loss_metrics import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
    from minidl.metrics.loss_metrics import Poisson as Poisson
    from minidl.metrics.loss_metrics import RootMeanSquaredError as RootMeanSquaredError
    from minidl.metrics.loss_metrics import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
    from minidl.metrics.loss_metrics import SquaredHinge as SquaredHinge
    from minidl.metrics.mean import Mean as Mean
    from minidl.metrics.mean import MeanMetric as MeanMetric
    from minidl.metrics.mean_of_function import MeanMetricWrapper as MeanMetricWrapper
    from minidl.metrics.r2_score import R2Score as R2Score
    from minidl.metrics.sum import Sum as Sum
    from minidl.metrics.top_k_accuracy import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
    from minidl.metrics.top_k_accuracy import TopKCategoricalAccuracy as TopKCategoricalAccuracy

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__, "Metric deserialize get resolve_accuracy serialize")

_ALIASES = {
    "bce": "BinaryCrossentropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}


def _mean_of(item: object) -> Metric | None:
    """The mean of a function's values."""
    from minidl.metrics.mean_of_function import MeanMetricWrapper

    return MeanMetricWrapper(item) if callable(item) else None


_lookup: Lookup[Metric] = Lookup(
    "metrics",
    "a metric is a name, a Metric or a function f(y_true, y_pred) of one value per row",
    lambda item: isinstance(item, Metric),
    convert=_mean_of,
    aliases=_ALIASES,
)


def as_metric(identifier: object) -> Metric | MaybeNone:
    """The `Metric` for a name, class, config, object or function; `None` stays `None`.

    A function `f(y_true, y_pred)` that returns one value per row becomes the mean of these values, with the function's name.
    """
    return _lookup.get(identifier)


def check(identifier: object) -> None:
    """Raise an error for what `get` does not accept."""
    _lookup.check(identifier)


def get(identifier: object) -> Metric | Callable[..., Array] | MaybeNone:
    """The metric for a name, class, config or object; `None` stays `None`, and a function the same function.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is neither a metric nor a function.
    Example:
        >>> get("mae")
        MeanAbsoluteError()
    """
    return _function_of(identifier, as_metric(identifier))


def _function_of(identifier: object, metric: Any) -> Metric | Callable[..., Array] | MaybeNone:
    """The function that was given, where it was one; otherwise the metric."""
    from minidl.metrics.mean_of_function import MeanMetricWrapper

    given = type(metric) is MeanMetricWrapper and metric is not identifier and not isinstance(identifier, Mapping)
    return metric.fn if given else metric


def resolve_accuracy(name: str, target_shape: tuple[int, ...], output_shape: Shape) -> Metric:
    """The metric class for "accuracy" or "acc", chosen by the shapes of targets and outputs as in Keras.

    Example:
        >>> resolve_accuracy("accuracy", (32,), (None, 10))
        SparseCategoricalAccuracy(name='accuracy')
    """
    from minidl.metrics.accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy

    if output_shape[-1] == 1:
        return BinaryAccuracy(name)
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)


def serialize(metric: object) -> JSON:
    """Convert a metric to plain JSON values.

    Example:
        >>> from minidl.metrics import MeanAbsoluteError
        >>> serialize(MeanAbsoluteError())["class_name"]
        'MeanAbsoluteError'
    """
    return registry.serialize(metric)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Metric | Callable[..., Array] | MaybeNone:
    """Convert the result of `serialize`, or a name, to a metric.

    Example:
        >>> from minidl.metrics import MeanAbsoluteError
        >>> deserialize(serialize(MeanAbsoluteError()))
        MeanAbsoluteError()
    """
    return _function_of(config, _lookup.deserialize(config, custom_objects))
