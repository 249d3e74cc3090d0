"""Losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minidl.config import registry
from minidl.config.lookup import Lookup
from minidl.config.naming import snake_case
from minidl.config.types import JSON, Array, CustomObjects, MaybeNone
from minidl.losses.loss import Loss as Loss

if TYPE_CHECKING:  # a test holds this equal to the table in config/public_names.py
    from minidl.losses.binary_crossentropy_loss import BinaryCrossentropy as BinaryCrossentropy
    from minidl.losses.categorical_crossentropy_loss import CategoricalCrossentropy as CategoricalCrossentropy
    from minidl.losses.circle_loss import Circle as Circle
    from minidl.losses.ctc_loss import CTC as CTC
    from minidl.losses.divergence import KLDivergence as KLDivergence
    from minidl.losses.divergence import Poisson as Poisson
    from minidl.losses.focal import BinaryFocalCrossentropy as BinaryFocalCrossentropy
    from minidl.losses.focal import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
    from minidl.losses.function_loss import FunctionLoss as FunctionLoss
    from minidl.losses.functions import binary_crossentropy as binary_crossentropy
    from minidl.losses.functions import binary_focal_crossentropy as binary_focal_crossentropy
    from minidl.losses.functions import categorical_crossentropy as categorical_crossentropy
    from minidl.losses.functions import categorical_focal_crossentropy as categorical_focal_crossentropy
    from minidl.losses.functions import categorical_generalized_cross_entropy as categorical_generalized_cross_entropy
    from minidl.losses.functions import categorical_hinge as categorical_hinge
    from minidl.losses.functions import circle as circle
    from minidl.losses.functions import cosine_similarity as cosine_similarity
    from minidl.losses.functions import ctc as ctc
    from minidl.losses.functions import dice as dice
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
    from minidl.losses.functions import tversky as tversky
    from minidl.losses.generalized_crossentropy import CategoricalGeneralizedCrossEntropy as CategoricalGeneralizedCrossEntropy
    from minidl.losses.hinge_losses import CategoricalHinge as CategoricalHinge
    from minidl.losses.hinge_losses import Hinge as Hinge
    from minidl.losses.hinge_losses import SquaredHinge as SquaredHinge
    from minidl.losses.regression import CosineSimilarity as CosineSimilarity
    from minidl.losses.regression import Huber as Huber
    from minidl.losses.regression import LogCosh as LogCosh
    from minidl.losses.regression import MeanAbsoluteError as MeanAbsoluteError
    from minidl.losses.regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
    from minidl.losses.regression import MeanSquaredError as MeanSquaredError
    from minidl.losses.regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
    from minidl.losses.segmentation import Dice as Dice
    from minidl.losses.segmentation import Tversky as Tversky
    from minidl.losses.sparse_categorical_crossentropy_loss import (
        SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
    )

if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = registry.lazy_names(__name__, "Loss deserialize get serialize")

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
        return as_loss(item.__name__)
    return FunctionLoss(item) if takes_two(item) else None


_lookup: Lookup[Loss] = Lookup(
    "losses",
    "a loss is a name, a function of (y_true, y_pred) written with minidl.ops, or a Loss",
    lambda item: isinstance(item, Loss),
    convert=_from_function,
    aliases=_ALIASES,
    hint="; derive a class from minidl.losses.Loss with call(y_true, y_pred), or with forward and backward",
)


def as_loss(identifier: object) -> Loss | MaybeNone:
    """The `Loss` for a name, class, config, function or object; `None` stays `None`.

    minidl's own functions are replaced by their classes. Any other function `f(y_true, y_pred)` is recorded at each step
    to compute its gradient; it may use operators, NumPy functions and `minidl.ops`.
    """
    return _lookup.get(identifier)


def get(identifier: object) -> Loss | Callable[..., Array] | MaybeNone:
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


def _function_of(identifier: Any, loss: Any) -> Loss | Callable[..., Array] | MaybeNone:
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


def serialize(loss: object) -> JSON:
    """Convert a loss to plain JSON values.

    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> serialize(MeanSquaredError())["class_name"]
        'MeanSquaredError'
    """
    return registry.serialize(loss)


def deserialize(
    name: dict[str, object], custom_objects: CustomObjects | None = None
) -> Loss | Callable[..., Array] | MaybeNone:
    """Convert the result of `serialize`, or a name, to a loss; as `get`, to a function where it names one.

    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> deserialize(serialize(MeanSquaredError()))
        MeanSquaredError()
    """
    return _function_of(name, _lookup.deserialize(name, custom_objects))
