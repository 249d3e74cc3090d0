"""Regularizers: penalties on weights, with their gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from minidl.autodiff import DifferentiableFunction, TrackedTensor
from minidl.config import registry
from minidl.config.checks import check_real
from minidl.config.configurable import Configurable
from minidl.config.lookup import Lookup
from minidl.config.missing_names import attribute_error
from minidl.config.public_names import PACKAGES
from minidl.config.settings import epsilon
from minidl.config.types import JSON, Array, ArrayLike, CustomObjects, MaybeNone, Tensors
from minidl.kernels.l2_normalize import l2_normalize, l2_normalize_backward


class Regularizer(Configurable):
    """Base class of all regularizers: a penalty on an array, and its gradient.

    A subclass defines `__call__(x)`. Its gradient is computed by recording it, if it is written with operators, NumPy functions
    and `minidl.ops`; otherwise the subclass also defines `gradient(x)`.

    Example:
        >>> class TowardsOne(Regularizer):
        ...     def __call__(self, x):
        ...         return float(np.sum((x - 1) ** 2))
        ...     def gradient(self, x):
        ...         return 2 * (x - 1)
        >>> TowardsOne()(np.array([1.0, 3.0]))
        4.0
    """

    def __call__(self, x: ArrayLike) -> float:
        """The penalty."""
        raise TypeError(f"{type(self).__name__} defines no __call__(x); it returns the penalty, a number")

    def gradient(self, x: Array) -> Array:
        """The penalty's gradient, an array like `x`, computed by recording `__call__`."""
        differentiable = DifferentiableFunction(self, f"the regularizer {type(self).__name__}")
        value, cache = differentiable.forward(x)
        if not isinstance(cache[-1], TrackedTensor):
            raise TypeError(
                f"{type(self).__name__} defines no gradient(x), and what its __call__(x) returns was not computed by recorded "
                f"operations: use minidl.ops, NumPy functions and operators without float(), or define gradient(x)"
            )
        gradient = differentiable.backward(np.ones_like(value), cache)[0]
        return np.zeros_like(x) if gradient is None else gradient


class L1(Regularizer):
    """Sum of absolute values: `l1 * sum(|x|)`. Makes weights sparse.

    Args:
        l1: factor, at least 0; `None` is the default.
    Example:
        >>> L1(0.1)(np.array([1.0, -2.0]))
        0.30000000000000004
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _check_factor("L1", "l1", 0.01 if l1 is None else l1)

    def __call__(self, x: ArrayLike) -> float:
        return self.l1 * float(np.abs(x).sum())

    def gradient(self, x: Array) -> Array:
        """`l1 * sign(x)`."""
        return np.sign(x) * self.l1


class L2(Regularizer):
    """Sum of squares: `l2 * sum(x**2)`. Keeps weights small.

    Args:
        l2: factor, at least 0; `None` is the default.
    Example:
        >>> L2(0.5)(np.array([1.0, -2.0]))
        2.5
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _check_factor("L2", "l2", 0.01 if l2 is None else l2)

    def __call__(self, x: Tensors) -> float:
        return self.l2 * float(np.vdot(x, x))

    def gradient(self, x: Array) -> Array:
        """`2 * l2 * x`."""
        return x * (2 * self.l2)


class L1L2(Regularizer):
    """Both penalties: `l1 * sum(|x|) + l2 * sum(x**2)`.

    Args:
        l1: factor of the absolute values, at least 0.
        l2: factor of the squares, at least 0.
    Source: Zou & Hastie 2005.
    Example:
        >>> L1L2(l1=1.0, l2=0.5)(np.array([1.0, -2.0]))
        5.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _check_factor("L1L2", "l1", 0.0 if l1 is None else l1)
        self.l2 = _check_factor("L1L2", "l2", 0.0 if l2 is None else l2)

    def __call__(self, x: Tensors) -> float:
        return self.l1 * float(np.abs(x).sum()) + self.l2 * float(np.vdot(x, x))

    def gradient(self, x: Array) -> Array:
        """`l1 * sign(x) + 2 * l2 * x`."""
        return np.sign(x) * self.l1 + x * (2 * self.l2)


class OrthogonalRegularizer(Regularizer):
    """Mean of the absolute cosines between all pairs of rows, or columns, of a matrix: `factor * mean(|cosine|)`.

    Args:
        factor: at least 0.
        mode: "rows" or "columns": the vectors to make orthogonal.
    Raises:
        ValueError: the array is not a matrix.
    Example:
        >>> OrthogonalRegularizer(0.5)(np.array([[1.0, 0.0], [4.0, 0.0]]))
        0.5
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _check_factor("OrthogonalRegularizer", "factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f'OrthogonalRegularizer expects mode to be "rows" or "columns", got {mode!r}')
        self.mode = mode

    def __call__(self, x: ArrayLike) -> float:
        cosines, _, _, share = self._cosines(np.asarray(x))
        return share * float(np.abs(cosines).sum())

    def gradient(self, x: Array) -> Array:
        """`2 * share * sign(cos) @ unit`, projected orthogonally to each vector and divided by its norm."""
        cosines, unit, back, share = self._cosines(x)
        d_unit = (2 * share) * (np.sign(cosines) @ unit)
        gradient = l2_normalize_backward(d_unit, unit, back, 1)
        return gradient if self.mode == "rows" else np.ascontiguousarray(gradient.T)

    def _cosines(self, x: Array) -> tuple[Array, Array, Array, float]:
        """Cosines between all vectors with a zero diagonal; the unit vectors; gradient factors; a pair's share."""
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer expects a matrix, got shape {x.shape}")
        x = x if np.issubdtype(x.dtype, np.floating) else x.astype(float)
        unit, back = l2_normalize(x if self.mode == "rows" else x.T, 1, epsilon())
        cosines = unit @ unit.T
        np.fill_diagonal(cosines, 0)
        count = len(unit)
        return cosines, unit, back, self.factor / max(1, count * (count - 1))


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer  # Keras's aliases


class FunctionRegularizer(Regularizer):
    """A penalty given as a function; its gradient is computed by recording it.

    Args:
        function: `function(x)`, returns a number; written with operators, NumPy functions and `minidl.ops`.
    Example:
        >>> from minidl import ops
        >>> FunctionRegularizer(lambda x: ops.sum(x * x)).gradient(np.array([1.0, 2.0]))
        array([2., 4.])
    """

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self.function = self.__wrapped__ = function  # which configs name in its place
        self.__name__ = getattr(function, "__name__", type(function).__name__)

    def __call__(self, x: ArrayLike) -> float:
        if (value := self.function(np.asarray(x))) is None:
            raise TypeError(f"the regularizer {self.__name__} returned None; return a number")
        return float(value)

    def gradient(self, x: Array) -> Array:
        """The gradient, computed by recording the function."""
        differentiable = DifferentiableFunction(self.function, f"the regularizer {self.__name__}")
        value, cache = differentiable.forward(x)
        gradient = differentiable.backward(np.ones_like(value), cache)[0]
        return np.zeros_like(x) if gradient is None else gradient


_lookup: Lookup[Regularizer] = Lookup(
    "regularizers",
    "a regularizer is a name, such as 'l2', or a function of the weight",
    lambda item: callable(item) and callable(getattr(item, "gradient", None)),
    lambda item: FunctionRegularizer(item) if callable(item) else None,
    {"l1_l2": "L1L2"},
)


def get(identifier: object) -> Regularizer | MaybeNone:
    """The regularizer for a name, class, config or object; `None` stays `None`.

    Any callable object with a method `gradient(x)` is accepted. The gradient of a function is computed by recording it.

    Raises:
        ValueError: the name is unknown; the message names the nearest one.
        TypeError: the object is not a function.
    Example:
        >>> get("l2")
        L2()
    """
    return _lookup.get(identifier)


def serialize(regularizer: object) -> JSON:
    """Convert a regularizer to plain JSON values.

    Example:
        >>> serialize(L2(0.1))["config"]
        {'l2': 0.1}
    """
    return registry.serialize(regularizer)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Regularizer | MaybeNone:
    """Convert the result of `serialize`, or a name, to a regularizer.

    Example:
        >>> deserialize(serialize(L2(0.1)))
        L2(l2=0.1)
    """
    return _lookup.deserialize(config, custom_objects)


def _check_factor(owner: str, argument: str, value: object) -> float:
    return check_real(owner, argument, value, low=0.0, open_high=True)


if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, PACKAGES["regularizers"])
