"""`FunctionLoss`: a plain function of targets and outputs as a loss."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from minidl.autodiff.tensor import TensorLike
from minidl.config.types import DTypeLike, Tensors
from minidl.losses.loss import Loss


class FunctionLoss(Loss):
    """A function of targets and outputs as a loss, as used by `compile(loss=function)`.

    Args:
        fn: `fn(y_true, y_pred)`, written with operators, `minidl.ops` and NumPy functions; returns one value for each row, or
            a single one. It runs at every step. To save a model with it, register it with
            `minidl.saving.register_keras_serializable()`.
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
        fn: Callable[..., object],
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: DTypeLike = None,
    ) -> None:
        if not takes_two(fn):
            raise TypeError(f"a loss is a function of (y_true, y_pred), got {fn!r}")
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensors:
        """Call the function."""
        return self.fn(y_true, y_pred)


def takes_two(function: object) -> bool:
    """Whether the object can be called with targets and outputs."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True
