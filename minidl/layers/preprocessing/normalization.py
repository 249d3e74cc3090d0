"""`Normalization`: standardizes features with a mean and variance learned from data."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.model_warning import ModelWarning
from minidl.config.settings import epsilon
from minidl.config.types import Array, Axis, MaybeNone, Options, Shape
from minidl.config.user_warnings import warn_user
from minidl.layers.argument_checks import check_one_array
from minidl.layers.options import LayerOptions
from minidl.layers.preprocessing.base_adapt import adapting_batches
from minidl.layers.same_shape import SameShape


class Normalization(SameShape):
    """Standardizes: `y = (x - mean) / sqrt(variance)`, or inverts that: `y = x * sqrt(variance) + mean`.

    Mean and variance are given, or learned by `adapt(data)` before training. Learned values are state: they are saved with the
    model and do not change in `fit`. `count` is the number of values of each mean; in Keras it stays 0.

    Args:
        axis: the axis or axes along which each index has its own mean and variance; `None` for a single mean of all values.
        mean, variance: both, if they are known: one number, or one for each index along the axes.
        invert: whether the layer inverts the normalization.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape; mean, variance: the sizes of the axes; count ().
    Raises:
        ValueError: only one of mean and variance is given; x lacks an axis after the batch axis, or has other sizes there.
    Warns:
        ModelWarning: the layer is neither adapted nor given mean and variance, and returns x unchanged.
    Source: combining means and variances of batches: Chan, Golub & LeVeque 1983.
    Example:
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0]]))
        >>> layer(np.array([[1.0, 9.0]]))
        array([[0., 1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Axis = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.input_mean, self.input_variance = mean, variance
        self.invert = invert
        self._given = tuple(axis) if isinstance(axis, (list, tuple)) else () if axis is None else (axis,)
        if any(not is_integer(one) for one in self._given):
            raise ValueError(f"Normalization expects axis to be an integer, several, or None, got {axis!r}")
        if (mean is None) != (variance is None):
            raise ValueError(f"Normalization expects mean and variance together, got mean={mean!r}, variance={variance!r}")
        if np.shape(mean) != np.shape(variance) or np.ndim(mean) > len(self._given):
            raise ValueError(
                f"Normalization expects mean and variance of one shape, with at most {len(self._given)} axes as axis={axis!r} "
                f"has, got shapes {np.shape(mean)} and {np.shape(variance)}"
            )
        if variance is not None and not np.all(np.asarray(variance) >= 0):
            raise ValueError(f"Normalization expects variance to be at least 0, got {variance!r}")

    def build(self, input_shape: Shape) -> None:
        """Create mean, variance and count, unless they are given."""
        self._check_axes(input_shape)
        sizes = [input_shape[axis] for axis in self._axes(len(input_shape))]
        if None in sizes:
            raise ValueError(f"{self.title} needs to know its input's sizes on axis {self.axis}, got shape {input_shape}")
        if self.input_mean is None:
            shape = tuple(size for size in sizes if size is not None)
            self.adapt_mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", dtype="int64", trainable=False, name="count")

    def adapt(self, data: Array) -> None:
        """Learn mean and variance: of an array, list or frame, or of all batches of an iterable, each alone or `(x, y)`."""
        if self.input_mean is not None:
            raise ValueError(f"{self.title} was given its mean and variance; leave them out to adapt it")
        count, mean, squares, shape = 0, np.zeros(()), np.zeros(()), None  # squares: the sum of (x - mean)**2
        for batch in adapting_batches(self, data):
            values = self._as_numbers(batch, shape)
            shape = shape or batch.shape
            here, mean_here, squares_here = _moments(values, self._axes(values.ndim))
            count, gap = count + here, mean_here - mean
            squares = squares + squares_here + gap**2 * (here * (count - here) / count)
            mean = mean + gap * (here / count)
        if shape is None or not np.isfinite(squares).all():
            raise ValueError(f"{self.title} cannot adapt to data that holds NaN or infinity; drop such rows or fill them")
        self.build_for((None, *shape[1:]))
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(squares / count)
        self.count.assign(count)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = (x - mean) / deviation`, or `y = x * deviation + mean`, where `deviation = sqrt(variance)`, at least 1e-7."""
        self._warn_unless_adapted()
        mean, variance = self._statistics(x.ndim)
        deviation = np.maximum(np.sqrt(variance), x.dtype.type(epsilon()))
        return (x * deviation + mean if self.invert else (x - mean) / deviation), deviation

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = dy / deviation`, or `dx = dy * deviation`."""
        return dy * cache if self.invert else dy / cache

    @property
    def mean(self) -> Array | MaybeNone:
        """The mean, with axes of size 1 where it does not vary; before the layer is built, the argument."""
        return self._full(self._statistics(len(self.build_shape))[0]) if self.built else self.input_mean

    @property
    def variance(self) -> Array | MaybeNone:
        """The variance, in the same form."""
        return self._full(self._statistics(len(self.build_shape))[1]) if self.built else self.input_variance

    def constructor_arguments(self) -> Options:
        """The constructor's arguments; a learned mean and variance are saved with the weights."""
        return super().constructor_arguments() | {"mean": self.input_mean, "variance": self.input_variance}

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)
        self._check_axes(shape)
        sizes = tuple(shape[axis] for axis in self._axes(len(shape)))
        if self.built:  # also if one mean was given for all, which Keras repeats for each of the sizes
            known = tuple(self.build_shape[axis] for axis in self._axes(len(self.build_shape)))
            fits = sizes == known
        elif self.input_mean is not None:
            known = np.shape(self.input_mean)
            fits = all(k in (1, size) for k, size in zip(known, sizes[len(sizes) - len(known) :], strict=True))
        else:
            known, fits = sizes, True
        if not fits:
            raise ValueError(f"{self.title} has a mean of shape {known} for axis {self.axis}, got inputs of shape {shape}")

    def _check_axes(self, shape: Shape) -> None:
        rank = len(shape)
        if any(not -rank <= axis < rank or axis % rank == 0 for axis in self._given):
            raise ValueError(
                f"{self.title} expects inputs that have the axis {self.axis} after the batch axis, got shape {shape}; "
                f"axis=None computes one mean of all values"
            )

    def _axes(self, rank: int) -> tuple[int, ...]:
        return tuple(sorted(axis % rank for axis in self._given))

    def _statistics(self, rank: int) -> tuple[Array, Array]:
        """Mean and variance, reshaped to broadcast with an input of that rank."""
        if self.input_mean is not None:
            pair = [np.asarray(value, self.dtype) for value in (self.input_mean, self.input_variance)]
        else:
            pair = [self.adapt_mean.value, self.adapt_variance.value]
        shape = [1] * rank
        kept = self._axes(rank)
        for axis, size in zip(kept[len(kept) - pair[0].ndim :], pair[0].shape, strict=True):
            shape[axis] = size
        return pair[0].reshape(shape), pair[1].reshape(shape)

    def _full(self, statistic: Array) -> Array:
        """A mean or variance with the input's size along each of the axes, also if one number was given for all."""
        kept = self._axes(statistic.ndim)
        shape = [self.build_shape[axis] if axis in kept else 1 for axis in range(statistic.ndim)]
        return np.broadcast_to(statistic, shape).copy()

    def _warn_unless_adapted(self) -> None:
        learned = self.input_mean is not None or self.count.value > 0  # Keras's files hold a count of 0
        if not learned and not self.adapt_mean.value.any() and (self.adapt_variance.value == 1).all():
            warn_user(
                f"{self.title} has no mean and variance yet and returns its inputs unchanged; call adapt(data) first",
                ModelWarning,
            )

    def _as_numbers(self, batch: Array, first: Shape | None) -> Array:
        if batch.dtype.kind not in "biuf":
            raise TypeError(f"{self.title} adapts to numbers, got an array of type {batch.dtype}")
        if batch.ndim == 0 or batch.size == 0:
            raise ValueError(f"{self.title} adapts to batches of rows, got an array of shape {batch.shape}")
        self.check_input(batch.shape)
        kept = self._axes(batch.ndim)
        if first is not None and [batch.shape[axis] for axis in kept] != [first[axis] for axis in self._axes(len(first))]:
            raise ValueError(f"{self.title} adapts to batches of equal shape, got {first} and then {batch.shape}")
        return batch.astype("float64")


def _moments(values: Array, kept: tuple[int, ...]) -> tuple[int, Array, Array]:
    """Count, mean, and sum of squared deviations over the axes that are reduced."""
    others = tuple(axis for axis in range(values.ndim) if axis not in kept)
    count = math.prod(values.shape[axis] for axis in others)
    return count, values.mean(axis=others), values.var(axis=others) * count
