"""Losses written with `minidl.ops`, without a gradient of their own: plain functions, and classes that define only `call`."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.types import Array, Shape
from minidl.losses.loss import Loss
from minidl.losses.target_checks import check_numbers, squeeze_or_expand


class TracedLoss(Loss):
    """The base of losses that define `call(y_true, y_pred)` in terms of `minidl.ops` and operators, as in Keras.

    It is drawn once as a graph, which knows its gradient. Targets arrive in the outputs' type, and in their rank where a last
    axis of size 1 is all that differs; their shape is otherwise the loss's own affair.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One value for each row, or one for all."""
        raise TypeError(f"{type(self).__name__} defines no call(y_true, y_pred)")

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Any]:
        """What `call` computes."""
        made: tuple[Array, Any] = self._traced().forward(y_true, y_pred)
        return made

    def backward(self, dvalues: Array, cache: Any) -> Array:
        """The gradient with respect to the outputs, back through the graph."""
        gradient: Array = self._traced().backward(dvalues, cache)[1]
        return gradient

    def prepare(self, y_true: Any, y_pred: Array) -> Array:
        """The targets in the outputs' type, their last axis of size 1 added or dropped."""
        return squeeze_or_expand(np.asarray(y_true, dtype=y_pred.dtype), y_pred.shape)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        """Refuse what holds no numbers."""
        check_numbers(self.name, y_true)

    def _traced(self) -> Any:
        if "_function" not in self.__dict__:
            tracing = importlib.import_module("minidl.ops.tracing")  # floors above: graphs are drawn there
            self._function = tracing.TracedFunction(self.call, f'the loss "{self.name}"', ["y_true", "y_pred"])
        return self._function

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_function"}


class FunctionLoss(TracedLoss):
    """A function of targets and outputs as a loss; what `compile(loss=function)` makes of it.

    Args:
        fn: `fn(y_true, y_pred)`, written with `minidl.ops` and operators; gives one value for each row, or one for all. To
            find it again in a saved model, hand it to `minidl.saving.register_keras_serializable()`.
        name: its key in logs; the function's name by default.
        reduction, dtype: as for every `Loss`.
    Raises:
        TypeError: `fn` is not a function of two tensors.
    Example:
        >>> from minidl import ops
        >>> loss = FunctionLoss(lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred), axis=-1))
        >>> loss.value_and_grad([[1.0, 0.0]], [[0.0, 1.0]])
        (np.float32(1.0), array([[-1.,  1.]], dtype=float32))
    """

    def __init__(
        self,
        fn: Callable[[Any, Any], Any],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        if not takes_two(fn):
            raise TypeError(f"a loss is a function of (y_true, y_pred), got {fn!r}")
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The function itself."""
        return self.fn(y_true, y_pred)


def takes_two(function: Any) -> bool:
    """Whether this can be called with targets and outputs."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True


def adopt(kind: Any) -> None:
    """Give a class of losses that defines only `call` what a traced loss has."""
    for name in ("forward", "backward", "prepare", "check_targets", "_traced", "__getstate__"):
        if name not in vars(kind):
            setattr(kind, name, vars(TracedLoss)[name])
