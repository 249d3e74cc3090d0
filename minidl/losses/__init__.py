"""Losses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.naming import snake_case
from minidl.config.types import CustomObjects
from minidl.losses.loss import Loss

if TYPE_CHECKING:  # a test holds this equal to the table below
    from minidl.losses.binary_crossentropy_loss import BinaryCrossentropy
    from minidl.losses.categorical_crossentropy_loss import CategoricalCrossentropy
    from minidl.losses.circle_loss import Circle
    from minidl.losses.ctc_loss import CTC
    from minidl.losses.divergence import KLDivergence, Poisson
    from minidl.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
    from minidl.losses.function_loss import FunctionLoss
    from minidl.losses.functions import (
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        categorical_generalized_cross_entropy,
        categorical_hinge,
        circle,
        cosine_similarity,
        ctc,
        dice,
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
        tversky,
    )
    from minidl.losses.generalized_crossentropy import CategoricalGeneralizedCrossEntropy
    from minidl.losses.hinge_losses import CategoricalHinge, Hinge, SquaredHinge
    from minidl.losses.regression import (
        CosineSimilarity,
        Huber,
        LogCosh,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
    )
    from minidl.losses.segmentation import Dice, Tversky
    from minidl.losses.sparse_categorical_crossentropy_loss import SparseCategoricalCrossentropy

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "FunctionLoss",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_FILES = {  # file -> its public names
    "binary_crossentropy_loss": "BinaryCrossentropy",
    "categorical_crossentropy_loss": "CategoricalCrossentropy",
    "circle_loss": "Circle",
    "ctc_loss": "CTC",
    "divergence": "KLDivergence Poisson",
    "focal": "BinaryFocalCrossentropy CategoricalFocalCrossentropy",
    "function_loss": "FunctionLoss",
    "functions": "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
    "categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge circle "
    "cosine_similarity ctc dice hinge huber kl_divergence log_cosh mean_absolute_error "
    "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson "
    "sparse_categorical_crossentropy squared_hinge tversky",
    "generalized_crossentropy": "CategoricalGeneralizedCrossEntropy",
    "hinge_losses": "CategoricalHinge Hinge SquaredHinge",
    "regression": "CosineSimilarity Huber LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
    "MeanSquaredLogarithmicError",
    "segmentation": "Dice Tversky",
    "sparse_categorical_crossentropy_loss": "SparseCategoricalCrossentropy",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = registry.lazy_names(__name__, _FILES, __all__)

_ALIASES = {
    "bce": "BinaryCrossentropy",
    "kld": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}


def _from_function(item: Any) -> Loss | None:
    from minidl.losses.function_loss import FunctionLoss, takes_two

    if getattr(item, "__module__", None) == "minidl.losses.functions":  # a loss function of minidl: its class
        loss: Loss = as_loss(item.__name__)
        return loss
    return FunctionLoss(item) if takes_two(item) else None


_lookup = Lookup(
    "losses",
    "a loss is a name, a function of (y_true, y_pred) written with minidl.ops, or a Loss",
    lambda item: isinstance(item, Loss),
    convert=_from_function,
    aliases=_ALIASES,
    hint="; derive a class from minidl.losses.Loss with call(y_true, y_pred), or with forward and backward",
)


def as_loss(identifier: object) -> Any:
    """The `Loss` for a name, class, config, function or object; `None` stays `None`.

    minidl's own functions are replaced by their classes. Any other function `f(y_true, y_pred)` is recorded at each step
    to compute its gradient; it may use operators, NumPy functions and `minidl.ops`.
    """
    return _lookup.get(identifier)


def get(identifier: object) -> Any:
    """The loss for a name, class, config, function or object: a function for the name of a function, otherwise a `Loss`.

    `None` stays `None`, and a function stays the same function. `compile` takes all of them.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is neither a loss nor a function.
    Example:
        >>> from minidl.losses import mean_squared_error
        >>> get("mse") is mean_squared_error
        True
        >>> get("MeanSquaredError")
        MeanSquaredError()
    """
    return _function_of(identifier, as_loss(identifier))


def _function_of(identifier: Any, loss: Any) -> Any:
    """The function that was named or given, where it was one; otherwise the loss."""
    if type(loss).__name__ == "FunctionLoss" and loss is not identifier:
        return loss.fn
    named = identifier.get("class_name") if isinstance(identifier, Mapping) else identifier
    named = identifier["config"] if named == "function" else named
    if callable(named) and not isinstance(named, (type, Loss)):
        return named
    names_class = not isinstance(named, str) or named == type(loss).__name__
    if names_class:
        return loss
    from minidl.losses import functions

    return getattr(functions, snake_case(type(loss).__name__), loss)


def serialize(loss: object) -> Any:
    """Convert a loss to plain JSON values.

    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> serialize(MeanSquaredError())["class_name"]
        'MeanSquaredError'
    """
    return registry.serialize(loss)


def deserialize(name: dict[str, object], custom_objects: CustomObjects | None = None) -> Any:
    """Convert the result of `serialize`, or a name, to a loss; as `get`, to a function where it names one.

    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> deserialize(serialize(MeanSquaredError()))
        MeanSquaredError()
    """
    return _function_of(name, _lookup.deserialize(name, custom_objects))
