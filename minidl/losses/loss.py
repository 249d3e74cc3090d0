"""`Loss`: base class of losses, with value and gradient."""

import copy
import functools
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from minidl.autodiff import DifferentiableFunction, TrackedTensor, active_recording, not_recording, value_of
from minidl.autodiff.recording import ACTIVE
from minidl.autodiff.tensor import Tensor
from minidl.config.checks import check_not_masked
from minidl.config.configurable import Configurable, defining_class
from minidl.config.naming import loss_name
from minidl.config.nest import flatten, rebuild
from minidl.config.settings import floatx
from minidl.config.types import Array, ArrayLike, Cache, Shape, Tensors
from minidl.losses.label_checks import check_numbers
from minidl.losses.recorded_loss import recorded
from minidl.losses.sample_weights import combined_weights, fill_ignored, fill_masked, finite_where_ignored, quiet, weighted
from minidl.losses.target_checks import check_same_shape, match_rank, squeeze_or_expand


def with_plain_values(update_state: Callable[..., object]) -> Callable[..., None]:
    """Wrap a metric's `update_state`: in code that is being recorded it gets the values of tensors, and is not recorded."""

    @functools.wraps(update_state)
    def update(metric: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_recording():
            return update_state(metric, *args, **kwargs)
        with not_recording():
            return update_state(metric, *map(_plain, args), **{name: _plain(given) for name, given in kwargs.items()})

    return update


def _is_recording() -> bool:
    """A function of this module, so that cloudpickle finds it by name for classes made in a notebook."""
    return ACTIVE.get() is not None


def _plain(given: Array) -> object:
    return rebuild(given, [value_of(part) for part in flatten(given)])


REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss(Configurable):
    """Base class of all losses: implements the reduction; subclasses define the values.

    A subclass defines `forward(y_true, y_pred)`, which returns one value for each row (and step) and a cache, and
    `backward(dvalues, cache)`, which converts the gradient of those values to that of `y_pred`, as in the layer protocol. Or it
    defines only `call(y_true, y_pred)`, written with operators, `minidl.ops` and NumPy functions: its gradient is computed by
    recording. Targets are then passed with the dtype of the outputs; their shape is not changed.

    Args:
        name: its key in logs; the class's name by default.
        reduction: "sum_over_batch_size" (the mean over all values), "sum", "mean_with_sample_weight" or "none".
        dtype: accepted for compatibility with Keras; losses compute in the dtype of `y_pred`, lists in `floatx()`.
    Example:
        >>> class FourthPower(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return minidl.ops.mean((y_pred - y_true) ** 4, axis=-1)
        >>> float(FourthPower()([[0.0], [0.0]], [[1.0], [2.0]]))
        8.5
    """

    paired_activation: ClassVar[str | None] = None  # "softmax" or "sigmoid": the output activation that it can be fused with
    from_logits: bool = False
    axis: Any = -1  # of the classes
    symmetric: ClassVar[bool] = False  # whether targets and outputs can be exchanged

    _defines_call: ClassVar[bool] = False  # whether its gradient is found by recording its call

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        owner = defining_class(cls, "call", "forward")
        cls._defines_call = owner is not Loss and "forward" not in vars(owner)

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: object = None) -> None:
        if reduction not in REDUCTIONS:
            raise ValueError(f"{type(self).__name__} expects reduction to be one of {REDUCTIONS[:-1]}, got {reduction!r}")
        self.name = name or loss_name(type(self))
        self.reduction = reduction
        self.dtype = dtype

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, Cache]:
        """One value for each row: `(values, cache)`."""
        if self._defines_call:
            function = DifferentiableFunction(lambda outputs: self.call(y_true, outputs), f'the loss "{self.name}"')
            values, cache = function.forward(y_pred)
            return values, (function, cache)
        raise TypeError(f"{type(self).__name__} defines no forward(y_true, y_pred); it returns (values, cache)")

    def backward(self, dvalues: Array, cache: Cache) -> Array:
        """The gradient with respect to `y_pred`, given that with respect to the values."""
        if self._defines_call:
            function, recorded = cache
            gradient: Array = function.backward(dvalues, recorded)[0]
            return gradient
        raise TypeError(f"{type(self).__name__} defines no backward(dvalues, cache); it returns dy_pred")

    def backward_targets(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """The gradient with respect to `y_true`, for targets that other layers compute."""
        if self._defines_call:
            function = DifferentiableFunction(lambda targets: self.call(targets, y_pred), f'the loss "{self.name}"')
            return np.asarray(function.backward(dvalues, function.forward(y_true)[1])[0])
        if self.symmetric:
            return self.backward(dvalues, self.forward(y_pred, y_true)[1])
        raise TypeError(
            f'the loss "{self.name}" has a gradient only for y_pred, but layers before its y_true learn too; '
            f"write it with minidl.ops, or give stop_gradient(y_true)"
        )

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """May be defined instead of `forward` and `backward`: one value for each row, or a single one."""
        return self.forward(self.prepare(y_true, y_pred), y_pred)[0]

    def prepare(self, y_true: Tensors, y_pred: Array) -> Array:
        """`y_true` as `forward` takes it: with the dtype and rank of `y_pred`."""
        if self._defines_call:
            return squeeze_or_expand(np.asarray(y_true, dtype=y_pred.dtype), y_pred.shape)
        return match_rank(np.asarray(y_true, dtype=y_pred.dtype), y_pred.shape, self.name)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        """Raise ValueError if targets do not fit this loss and outputs of that shape (`None` for unknown sizes)."""
        check_numbers(self.name, y_true)
        if not self._defines_call:
            check_same_shape(self.name, y_true.shape, output_shape)

    def counted(self, y_true: Array) -> Array | None:
        """Mask of the values that count, for a loss that ignores some targets; `None` if all count."""
        return None

    def value_and_grad(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> tuple[Any, Array]:
        """The loss and its gradient with respect to `y_pred`.

        Args:
            y_true: targets.
            y_pred: outputs of the model.
            sample_weight: one weight per row, or one for each value of `forward`. A value of weight 0 never counts, not even
                if it is NaN or infinite.
            mask: which values count, or `None` for all; means are over those.
        Returns:
            The value, and an array of `y_pred`'s shape. With reduction "none" the gradient is that of the sum.
        """
        value, weights, all_count, cache = self._weighted_values(y_true, y_pred, sample_weight, mask)
        shape = y_pred.shape if type(y_pred) is np.ndarray else np.shape(y_pred)
        return value, self.backward(weights, cache).reshape(shape) if all_count else self._gradient(weights, cache, shape)

    def __call__(self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None) -> Tensors:
        """The loss value, of the steps that the mask of `y_pred` lets count, if it has one.

        Inside `call` or a custom loss it is recorded, so that gradients flow through it to `y_pred`.
        """
        mask = y_pred.mask if isinstance(y_pred, TrackedTensor) else getattr(y_pred, "_keras_mask", None)
        return self.of_steps(y_true, y_pred, sample_weight, mask)

    def of_steps(self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None, mask: Tensors = None) -> Tensors:
        """The same of the steps that `mask` lets count, or of all."""
        for name, value in (("y_true", y_true), ("y_pred", y_pred), ("sample_weight", sample_weight)):
            check_not_masked(value, name)
        if isinstance(y_pred, TrackedTensor):
            return recorded(self, y_true, y_pred, sample_weight, mask)
        if isinstance(y_pred, Tensor) and y_pred.is_variable and (recording := active_recording()) is not None:
            return recorded(self, y_true, recording.track_variable(y_pred), sample_weight, mask)
        if isinstance(y_true, TrackedTensor):
            return recorded(self, y_true, y_true.recording.track(_as_float(y_pred)), sample_weight, mask)
        return self._weighted_values(y_true, y_pred, sample_weight, mask)[0]

    def _gradient(self, weights: Array, cache: Array | tuple[Array, Array, Array], shape: tuple[int, ...]) -> Array:
        """The gradient with respect to `y_pred`, finite where the weights are 0."""
        if _has_no_zero(weights):
            return self.backward(weights, cache).reshape(shape)
        with quiet():
            return finite_where_ignored(self.backward(weights, cache).reshape(shape), weights, self.axis)

    def _weighted_values(
        self, y_true: Tensors, y_pred: Tensors, sample_weight: Array | None, mask: Array | None = None
    ) -> tuple[Array, Array, bool, Cache]:
        """The loss, its gradient with respect to the values, whether each value surely counts, and the cache."""
        y_pred = _as_float(y_pred)
        if y_pred.ndim == 1 and np.ndim(y_true) == 2:
            y_pred = y_pred[:, np.newaxis]  # the outputs become a column, as in Keras, if the targets are one
        if sample_weight is None and mask is None:
            y_true = self.prepare(y_true, y_pred)
            values, cache = self.forward(y_true, y_pred)
        else:
            y_true = self.prepare(fill_ignored(fill_masked(y_true, mask), sample_weight), y_pred)
            with quiet(sample_weight, mask):
                values, cache = self.forward(y_true, y_pred)
        counted = self.counted(y_true)
        all_count = sample_weight is None and mask is None and counted is None
        if all_count:
            weights = np.empty(values.shape, values.dtype)
            weights.fill(1 if self.reduction in ("sum", "none", None) else 1 / (values.size or 1))
        else:
            weights, count = combined_weights(values, sample_weight, mask, counted)
            if self.reduction in ("sum_over_batch_size", "mean"):
                weights = weights / (count or 1)
            elif self.reduction == "mean_with_sample_weight":
                weights = weights / (weights.sum() or 1)
        terms = values * weights if all_count or _has_no_zero(weights) else weighted(values, weights)
        return (terms if self.reduction in ("none", None) else np.add.reduce(terms, None)), weights, all_count, cache

    def with_logits(self) -> Self:
        """The same loss with `from_logits=True`."""
        changed = copy.copy(self)
        changed.from_logits = True
        return changed


def _has_no_zero(weights: Array) -> bool:
    return bool(np.logical_and.reduce(weights, None))


def _as_float(y_pred: ArrayLike) -> Array:
    is_float = isinstance(y_pred, np.ndarray) and y_pred.dtype.kind == "f"
    return np.asarray(y_pred) if is_float else np.asarray(y_pred).astype(floatx())
