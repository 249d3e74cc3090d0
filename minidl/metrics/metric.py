"""`Metric`: base class of metrics accumulated over batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from minidl import initializers
from minidl.config.checks import is_integer
from minidl.config.configurable import Configurable, defining_class
from minidl.config.find_objects import find_objects
from minidl.config.loading import take_values
from minidl.config.naming import automatic_name, default_name
from minidl.config.types import DTypeLike, InitializerLike
from minidl.losses.loss import with_plain_values
from minidl.variable import Variable

_NOT_HELD = ("_arguments", "_as_made")  # attributes whose objects do not belong to the metric


class Metric(Configurable):
    """Base class of all metrics: accumulate with `update_state`, read with `result`, reset with `reset_state`.

    Accumulated values are variables made with `add_variable`, which `reset_state` sets to 0 as those of metrics that the metric
    holds, or other attributes, which a `reset_state` of your own sets. A result is a number, an array, or a dict of numbers.

    Attributes:
        numbered: whether a second object of the class that was given no name is called "auc_1"; Keras names some classes
            "auc", "auc_1", ..., others always the same.
        direction: "up" if higher is better, "down" if lower is better; `None` if unknown.
    Args:
        dtype: accepted for compatibility with Keras; metrics accumulate in float64.
        name: its key in logs; the class's name by default, with a number where `numbered`.
    Example:
        >>> class LargestError(Metric):
        ...     def __init__(self, name="largest_error", dtype=None):
        ...         super().__init__(dtype, name)
        ...         self.largest = self.add_variable((), "zeros", name="largest")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.largest.assign(np.maximum(self.largest, np.abs(y_pred - y_true).max()))
        ...     def result(self):
        ...         return float(self.largest.value)
        >>> LargestError()(np.zeros(3), np.array([1.0, -4.0, 2.0]))
        4.0
    """

    direction: ClassVar[str | None] = None
    numbered: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner = defining_class(cls, "update_state")
        if owner is cls or not issubclass(owner, Metric):
            cls.update_state = with_plain_values(vars(owner)["update_state"])  # type: ignore[method-assign]  # wrapped, once

    def __init__(self, dtype: object = None, name: str | None = None) -> None:
        self.name = name or (automatic_name(type(self).__name__) if self.numbered else default_name(type(self)))
        self.dtype = dtype
        self._variables: list[Variable] = []

    @property
    def variables(self) -> list[Variable]:
        """The variables made by `add_variable`, those that attributes hold, and those of the metrics that attributes hold."""
        held = [value for name, value in vars(self).items() if name not in _NOT_HELD]
        inner = [variable for metric in find_objects(held, Metric) for variable in metric.variables]
        return list(dict.fromkeys([*self._variables, *find_objects(held, Variable), *inner]))

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: InitializerLike = "zeros",
        dtype: DTypeLike = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Add a variable for accumulated values, float64 by default; `aggregation` is accepted for compatibility with Keras."""
        take_values(self.name, name or "variable", math.prod(size for size in shape if is_integer(size)))
        made = Variable(initializers.get(initializer), shape, dtype or "float64", False, name or "variable")
        self._variables.append(made)
        return made

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: InitializerLike = "zeros",
        dtype: DTypeLike = None,
        name: str | None = None,
    ) -> Variable:
        """Alias of `add_variable`, as in Keras."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Update with one batch."""
        raise TypeError(f"{type(self).__name__} defines no update_state(y_true, y_pred, sample_weight=None)")

    def result(self) -> Any:
        """The value over all batches since the last reset."""
        raise TypeError(f"{type(self).__name__} defines no result()")

    def reset_state(self) -> None:
        """Reset all accumulated values."""
        variables = self.variables
        if not variables:
            raise TypeError(f"{type(self).__name__} defines no reset_state(), and has no variables of add_variable to set to 0")
        for variable in variables:
            variable.assign(np.zeros(variable.shape))

    def stateless_update_state(self, *args: object, **kwargs: object) -> NoReturn:
        """Not available: raises TypeError."""
        raise TypeError(
            "stateless_update_state is for JAX; minidl's metrics change in place, with update_state(y_true, y_pred)"
        )

    def stateless_result(self, *args: object, **kwargs: object) -> NoReturn:
        """Not available: raises TypeError."""
        raise TypeError("stateless_result is for JAX; minidl's metrics hold their variables, use result()")

    def stateless_reset_state(self, *args: object, **kwargs: object) -> NoReturn:
        """Not available: raises TypeError."""
        raise TypeError("stateless_reset_state is for JAX; minidl's metrics change in place, with reset_state()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Update with one batch and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()
