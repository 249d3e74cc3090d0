"""Metrics."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.types import CustomObjects, Shape
from minidl.metrics.metric import Metric

if TYPE_CHECKING:  # a test holds this equal to the table below
    from minidl.losses.functions import (
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        categorical_hinge,
        hinge,
        huber,
        kl_divergence,
        log_cosh,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        poisson,
        sparse_categorical_crossentropy,
        squared_hinge,
    )
    from minidl.metrics.accuracy import (
        Accuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
    )
    from minidl.metrics.at_threshold import (
        PrecisionAtRecall,
        RecallAtPrecision,
        SensitivityAtSpecificity,
        SpecificityAtSensitivity,
    )
    from minidl.metrics.auc import AUC
    from minidl.metrics.confusion import FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives
    from minidl.metrics.correlation import ConcordanceCorrelation, PearsonCorrelation
    from minidl.metrics.f_score import F1Score, FBetaScore
    from minidl.metrics.functions import (
        binary_accuracy,
        categorical_accuracy,
        concordance_correlation,
        pearson_correlation,
        sparse_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
    )
    from minidl.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
    from minidl.metrics.loss_metrics import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        CategoricalHinge,
        CosineSimilarity,
        Hinge,
        KLDivergence,
        LogCoshError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        Poisson,
        RootMeanSquaredError,
        SparseCategoricalCrossentropy,
        SquaredHinge,
    )
    from minidl.metrics.mean import Mean, MeanMetric
    from minidl.metrics.mean_of_function import MeanMetricWrapper
    from minidl.metrics.r2_score import R2Score
    from minidl.metrics.sum import Sum
    from minidl.metrics.top_k_accuracy import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetric",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "resolve_accuracy",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_FILES = {  # file -> its public names
    "minidl.losses.functions": "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
    "categorical_focal_crossentropy categorical_hinge hinge huber kl_divergence log_cosh "
    "mean_absolute_error mean_absolute_percentage_error mean_squared_error "
    "mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge",
    "accuracy": "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy",
    "at_threshold": "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity",
    "auc": "AUC",
    "confusion": "FalseNegatives FalsePositives Precision Recall TrueNegatives TruePositives",
    "correlation": "ConcordanceCorrelation PearsonCorrelation",
    "f_score": "F1Score FBetaScore",
    "functions": "binary_accuracy categorical_accuracy concordance_correlation pearson_correlation "
    "sparse_categorical_accuracy sparse_top_k_categorical_accuracy top_k_categorical_accuracy",
    "iou": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
    "loss_metrics": "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge CosineSimilarity Hinge KLDivergence "
    "LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
    "MeanSquaredLogarithmicError Poisson RootMeanSquaredError SparseCategoricalCrossentropy "
    "SquaredHinge",
    "mean": "Mean MeanMetric",
    "mean_of_function": "MeanMetricWrapper",
    "r2_score": "R2Score",
    "sum": "Sum",
    "top_k_accuracy": "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = registry.lazy_names(__name__, _FILES, __all__)

_ALIASES = {
    "bce": "BinaryCrossentropy",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}


def _mean_of(item: object) -> Any:
    """The mean of a function's values."""
    from minidl.metrics.mean_of_function import MeanMetricWrapper

    return MeanMetricWrapper(item) if callable(item) else None


_lookup = Lookup(
    "metrics",
    "a metric is a name, a Metric or a function f(y_true, y_pred) of one value per row",
    lambda item: isinstance(item, Metric),
    convert=_mean_of,
    aliases=_ALIASES,
)


def as_metric(identifier: object) -> Any:
    """The `Metric` for a name, class, config, object or function; `None` stays `None`.

    A function `f(y_true, y_pred)` that returns one value per row becomes the mean of these values, with the function's name.
    """
    return _lookup.get(identifier)


def check(identifier: object) -> None:
    """Raise an error for what `get` does not accept."""
    _lookup.check(identifier)


def get(identifier: object) -> Any:
    """The metric for a name, class, config or object; `None` stays `None`, and a function the same function.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is neither a metric nor a function.
    Example:
        >>> get("mae")
        MeanAbsoluteError()
    """
    return _function_of(identifier, as_metric(identifier))


def _function_of(identifier: object, metric: Any) -> Any:
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


def serialize(metric: object) -> Any:
    """Convert a metric to plain JSON values.

    Example:
        >>> from minidl.metrics import MeanAbsoluteError
        >>> serialize(MeanAbsoluteError())["class_name"]
        'MeanAbsoluteError'
    """
    return registry.serialize(metric)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Any:
    """Convert the result of `serialize`, or a name, to a metric.

    Example:
        >>> from minidl.metrics import MeanAbsoluteError
        >>> deserialize(serialize(MeanAbsoluteError()))
        MeanAbsoluteError()
    """
    return _function_of(config, _lookup.deserialize(config, custom_objects))
