"""Constraints: projections of weights, applied after each update."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from minidl.config import registry
from minidl.config.checks import check_real, is_integer
from minidl.config.configurable import Configurable
from minidl.config.lookup import Lookup
from minidl.config.missing_names import attribute_error
from minidl.config.public_names import PACKAGES
from minidl.config.settings import epsilon
from minidl.config.types import JSON, Array, CustomObjects, MaybeNone


class Constraint(Configurable):
    """Base class of all constraints: functions from a weight to an allowed weight of the same shape.

    Example:
        >>> class NotNegative(Constraint):
        ...     def __call__(self, w):
        ...         return np.maximum(w, 0)
        >>> NotNegative()(np.array([-1.0, 2.0]))
        array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        """The allowed weight, an array like `w`; the base class allows everything."""
        return w


class MaxNorm(Constraint):
    """Rescales every weight vector whose norm exceeds `max_value` to that norm.

    `y = w * min(norm(w), max_value) / norm(w)`.

    Args:
        max_value: the maximum norm, at least 0.
        axis: the axis or axes of the norm: 0 for the kernel of `Dense`, (0, 1, 2) for that of `Conv2D`.
    Source: Srivastava et al. 2014.
    Example:
        >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(4)
        array([[0.6, 0.3],
               [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: object = 0) -> None:
        self.max_value = check_real("MaxNorm", "max_value", max_value, low=0.0)
        self.axis = axis
        self._axes = _check_axes("MaxNorm", axis)

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self._axes)
        return w * (np.minimum(norms, self.max_value) / (epsilon() + norms))  # as in Keras: 1e-7 avoids 0 / 0


class NonNeg(Constraint):
    """Sets negative weights to 0: `y = max(w, 0)`.

    Example:
        >>> NonNeg()(np.array([-1.0, 2.0]))
        array([0., 2.])
    """

    def __call__(self, w: Array) -> Array:
        return np.maximum(w, 0)


class UnitNorm(Constraint):
    """Rescales every weight vector to norm 1: `y = w / norm(w)`.

    Args:
        axis: the axis or axes of the norm: 0 for the kernel of `Dense`, (0, 1, 2) for that of `Conv2D`.
    Example:
        >>> UnitNorm()(np.array([[3.0], [4.0]])).round(4)
        array([[0.6],
               [0.8]])
    """

    def __init__(self, axis: object = 0) -> None:
        self.axis = axis
        self._axes = _check_axes("UnitNorm", axis)

    def __call__(self, w: Array) -> Array:
        return w / (epsilon() + _norms(w, self._axes))


class MinMaxNorm(Constraint):
    """Rescales every weight vector so that its norm lies between two bounds, or closer to them.

    `y = w * (rate * clip(norm(w), min_value, max_value) + (1 - rate) * norm(w)) / norm(w)`.

    Args:
        min_value: the minimum norm, at least 0.
        max_value: the maximum norm, at least 0.
        rate: fraction of the distance to the nearest allowed norm that is corrected at once, in [0, 1].
        axis: the axis or axes of the norm: 0 for the kernel of `Dense`, (0, 1, 2) for that of `Conv2D`.
    Example:
        >>> MinMaxNorm(1.0, 2.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(4)
        array([[1.2, 0.6],
               [1.6, 0.8]])
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: object = 0) -> None:
        self.min_value = check_real("MinMaxNorm", "min_value", min_value, low=0.0)
        self.max_value = check_real("MinMaxNorm", "max_value", max_value, low=self.min_value)
        self.rate = check_real("MinMaxNorm", "rate", rate, 0.0, 1.0)
        self.axis = axis
        self._axes = _check_axes("MinMaxNorm", axis)

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self._axes)
        wanted = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (epsilon() + norms))


def _check_axes(owner: str, axis: object) -> tuple[int, ...]:
    """One axis or several, as a tuple."""
    axes = tuple(axis) if isinstance(axis, Sequence) and not isinstance(axis, str) else (axis,)
    if not all(is_integer(one) for one in axes):
        raise ValueError(f"{owner} expects axis to be an integer or several, got {axis!r}")
    return axes


def _norms(w: Array, axes: tuple[int, ...]) -> Array:
    norms: Array = np.sqrt(np.square(w).sum(axis=axes, keepdims=True))
    return norms


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm  # Keras's aliases


_lookup: Lookup[Callable[[Array], Array]] = Lookup(
    "constraints", 'a constraint is a name, such as "max_norm", or a function w -> w', callable
)


def get(identifier: object) -> Callable[[Array], Array] | MaybeNone:
    """The constraint for a name, class, config or object; `None` stays `None`.

    Any function from an array to an array of the same shape is accepted.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is not callable.
    Example:
        >>> get("max_norm")
        MaxNorm()
    """
    return _lookup.get(identifier)


def serialize(constraint: object) -> JSON:
    """Convert a constraint to plain JSON values.

    Example:
        >>> serialize(MaxNorm(3))["config"]
        {'max_value': 3, 'axis': 0}
    """
    return registry.serialize(constraint)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Constraint | MaybeNone:
    """Convert the result of `serialize`, or a name, to a constraint.

    Example:
        >>> deserialize(serialize(MaxNorm(3)))
        MaxNorm(max_value=3)
    """
    return _lookup.deserialize(config, custom_objects)


if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, PACKAGES["constraints"])
