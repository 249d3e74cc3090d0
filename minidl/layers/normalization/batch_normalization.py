"""`BatchNormalization`: normalizes each channel over the batch, then applies a learned scale and offset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from minidl import initializers
from minidl.config.checks import check_real, is_integer
from minidl.config.processes import Processes, processes
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, InitializerLike, Shape
from minidl.initializers.constant import Constant
from minidl.kernels.channels import multiply_channels, scale_channels, subtract_channels
from minidl.kernels.group_normalization import (
    Centered,
    Groups,
    center,
    group_normalize_backward,
    in_parts,
    restore,
    scale_centered,
    sums_of_gradients,
)
from minidl.kernels.in_use import in_use
from minidl.kernels.normalization import center_rows
from minidl.layers.normalization.base_normalization import BaseNormalization
from minidl.layers.normalization.synchronized import moments_of_all, sums_of_all
from minidl.layers.options import ScaleOptions
from minidl.variable import Variable


class BatchNormalization(BaseNormalization):
    """Normalizes each channel: `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.

    In training, mean and variance are those of the batch (all axes but the channel axis), which update the moving averages;
    in inference, and while the layer is frozen (`trainable = False`), the moving averages are used, as in Keras.

    Args:
        axis: the axis of the channels.
        momentum: weight of the old value in the moving averages, in [0, 1].
        epsilon: added to the variance, at least 0.
        center, scale: whether there is a beta, a gamma.
        beta_initializer, gamma_initializer: initial values of the weights.
        moving_mean_initializer, moving_variance_initializer: initial values of the moving averages.
        beta_regularizer, gamma_regularizer: penalties on the weights.
        beta_constraint, gamma_constraint: functions applied to the weights after each update.
        renorm: batch renormalization: in training `x_hat * r + d` replaces `x_hat`, where `r` and `d` lead from the
            batch's statistics to moving averages of them, without a gradient; for small batches.
        renorm_clipping: limits: "rmax" and "rmin" of r, "dmax" of the absolute value of d.
        renorm_momentum: weight of the old value in these moving averages.
        synchronized: whether mean and variance are those of the whole batch when several processes train together
            (`minidl.distribution`), and not of the rows of each process.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ..., channels) -> y of the same shape; gamma, beta, moving_mean, moving_variance (channels,); mask
        (optional): x's shape without the last axis; masked steps do not count in mean and variance.
    Raises:
        ValueError: x lacks the axis, or has another number of channels than the layer was built for.
    Source: Ioffe & Szegedy 2015; mean and variance in two corrected passes: Chan, Golub & LeVeque 1983.
    Example:
        >>> BatchNormalization()(np.array([[1.0], [3.0]]), training=True).round(2)
        array([[-1.],
               [ 1.]], dtype=float32)
    """

    mixes_batch = True

    @inherit_arguments(BaseNormalization, last=("renorm", "renorm_clipping", "renorm_momentum", "synchronized"))
    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        moving_mean_initializer: InitializerLike = "zeros",
        moving_variance_initializer: InitializerLike = "ones",
        renorm: bool = False,
        renorm_clipping: dict[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Unpack[ScaleOptions],
    ) -> None:
        super().__init__(axis, epsilon, center, scale, beta_initializer, gamma_initializer, **kwargs)
        self.momentum = check_real("BatchNormalization", "momentum", momentum, 0.0, 1.0)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.renorm = renorm
        self.renorm_clipping = _check_clipping(renorm_clipping) if renorm else None
        self.renorm_momentum = check_real("BatchNormalization", "renorm_momentum", renorm_momentum, 0.0, 1.0)
        self.synchronized = synchronized

    def check_axis(self, axis: object) -> int:
        """One integer."""
        if not is_integer(axis):
            error = ValueError if isinstance(axis, str) else TypeError
            raise error(f"BatchNormalization expects axis to be an integer, got {axis!r}")
        return int(axis)

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[self.axis]
        if not channels:
            axis = f"axis {self.axis}"
            raise ValueError(f"{self.title} needs to know the size of its input's {axis}, above 0, got shape {input_shape}")
        self.add_gamma_and_beta((channels,))
        self.moving_mean = self.add_weight((channels,), self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            (channels,), self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        if self.renorm:
            start = np.sqrt(self.moving_variance.value)
            self.moving_stddev = self._state("moving_stddev", start)
            self.renorm_mean = self._state("renorm_mean", np.zeros_like(start))
            self.renorm_stddev = self._state("renorm_stddev", start)

    def infer(self, x: Array, mask: Array | None = None) -> Array:
        """`y = x * factor + offset`, the moving averages, gamma and beta folded into two vectors."""
        rows, groups = self._in_parts(x, None)
        gamma, beta = self.gamma_and_beta(groups.channels, x.dtype)
        factor = gamma / np.sqrt(self.moving_variance.value + self.epsilon)
        offset = beta - self.moving_mean.value * factor
        y = in_use[scale_channels](rows, groups.vector(factor, rows), groups.vector(offset, rows))
        return self._restore(y, x.shape, None)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> tuple[Array, Cache]:
        """`x_hat = (x - mean) / sqrt(variance + epsilon)`, `y = gamma * x_hat + beta`."""
        uses_batch = training and self.trainable and x.size > 0  # no rows have no mean
        share = self._shares(x, mask) if uses_batch else None
        rows, groups = self._in_parts(x, share)
        gamma, beta = self.gamma_and_beta(groups.channels, x.dtype)
        correction = None
        if uses_batch:
            share, centered = self._center(rows, groups, share)
            mean, variance = groups.first(centered.mean), groups.first(centered.variance)
            if self.renorm:  # y = gamma * (x_hat * r + d) + beta
                r, d = correction = self._renormalize(mean, variance)
                gamma, beta = gamma * r, beta + gamma * d
            self._update_moving_averages(mean, variance)
        else:
            mean, variance = (groups.vector(one.value, rows) for one in (self.moving_mean, self.moving_variance))
            centered = Centered(in_use[subtract_channels](rows, mean), np.zeros_like(mean), mean, variance)
        inverse = 1.0 / np.sqrt(centered.variance + self.epsilon)
        factor = groups.vector(gamma, rows) * inverse
        y = scale_centered(centered, factor, groups.vector(beta, rows))
        return self._restore(y, x.shape, share), (centered, inverse, uses_batch, share, correction)

    def backward(self, dy: Array, cache: Cache) -> Array:
        """`dx = gamma * inverse * (dy - share * (sum(dy) + x_hat * sum(dy * x_hat)))`; without the sums in inference."""
        centered, inverse, uses_batch, share, correction = cache
        rows, groups = self._in_parts(dy, share)
        gamma, _ = self.gamma_and_beta(groups.channels, dy.dtype)
        gamma = groups.vector(gamma if correction is None else gamma * correction[0], rows)
        if uses_batch and share is None:  # each row has the share 1 / rows
            dx, sum_dy_x_hat, sum_dy = group_normalize_backward(rows, centered, inverse, gamma, groups)
        else:
            sum_dy_x_hat, sum_dy = sums_of_gradients(rows, centered, inverse, groups)
            dx = in_use[multiply_channels](rows, gamma * inverse)
        if share is not None:
            dx -= self._through_statistics(centered, inverse, gamma, sum_dy, sum_dy_x_hat) * share.reshape(*rows.shape[:2], -1)
        if correction is not None:
            r, d = correction
            sum_dy_x_hat = r * sum_dy_x_hat + d * sum_dy
        self.add_gradients(sum_dy_x_hat, sum_dy)
        return self._restore(dx, dy.shape, share)

    def _through_statistics(
        self, centered: Centered, inverse: Array, gamma: Array, sum_dy: Array, sum_dy_x_hat: Array
    ) -> Array:
        """`gamma * inverse * (sum(dy) + x_hat * sum(dy * x_hat))`, with the sums over the rows of all processes."""
        others, sums = self._others(), np.stack([sum_dy, sum_dy_x_hat])
        total, along = sums if others is None else sums_of_all(others, sums)
        factor = gamma * inverse
        return in_use[scale_channels](centered.x, factor * inverse * along, factor * total)

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """All axes of the input except the last, or 1 where the mask is the same along an axis."""
        shape = tuple(input_shape[:-1])
        fits = len(mask_shape) == len(shape) and all(one in (1, size) for one, size in zip(mask_shape, shape, strict=True))
        return tuple(mask_shape) if fits else shape

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or not -len(shape) <= self.axis < len(shape) or len(shape) < 2:
            raise ValueError(f"{self.title} expects an array of rows that has an axis {self.axis}, got shape {shape}")
        if self.built and shape[self.axis] != self.moving_mean.shape[0]:
            raise ValueError(
                f"{self.title} expects {self.moving_mean.shape[0]} channels on axis {self.axis}, got shape {shape}; "
                f"its weights were made for {self.moving_mean.shape[0]}"
            )

    def _others(self) -> Processes | None:
        """The processes whose rows count in the statistics too, during a step of several that train together."""
        others = processes() if self.synchronized else None
        return None if others is None or others.rows is None else others

    def _center(self, rows: Array, groups: Groups, share: Array | None) -> tuple[Array | None, Centered]:
        """The rows minus their mean, and the weight of each row in the mean of all processes."""
        if share is None:
            return None, center(rows, groups)
        others = self._others()
        flat = rows.reshape(-1, groups.channels)
        if others is None:
            centered, mean, variance = center_rows(flat, share)
        else:
            share, mean, centered, variance = moments_of_all(others, share, flat)
        mean, variance = groups.vector(mean, rows), groups.vector(variance, rows)
        return share, Centered(centered.reshape(rows.shape), np.zeros_like(mean), mean, variance)

    def _update_moving_averages(self, mean: Array, variance: Array) -> None:
        _move(self.moving_mean, mean, self.momentum)
        if not self.renorm:
            _move(self.moving_variance, variance, self.momentum)
            return
        deviation = np.sqrt(variance + self.epsilon)
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, deviation, self.renorm_momentum)
        _move(self.moving_stddev, deviation, self.momentum)
        self.moving_variance.assign(np.maximum(self.moving_stddev.value**2 - self.epsilon, 0))

    def _state(self, name: str, initial: Array) -> Variable:
        return self.add_weight(initial.shape, Constant(initial), trainable=False, name=name)

    def _renormalize(self, mean: Array, variance: Array) -> tuple[Array, Array]:
        """`r = deviation / moving deviation` and `d = (mean - moving mean) / moving deviation`, within their limits."""
        limits, deviation = self.renorm_clipping or {}, np.sqrt(variance + self.epsilon)
        moving = np.maximum(self.renorm_stddev.value, mean.dtype.type(np.sqrt(self.epsilon)))
        r = np.clip(deviation / moving, limits.get("rmin", 0), limits.get("rmax", np.inf))
        dmax = limits.get("dmax", np.inf)
        return r, np.clip((mean - self.renorm_mean.value) / moving, -dmax, dmax)

    def _in_parts(self, x: Array, share: Array | None) -> tuple[Array, Groups]:
        """The array in the layout of `group_normalization`; channels last, if each row has a share."""
        return in_parts(x, self.axis, None) if share is None else in_parts(np.moveaxis(x, self.axis, -1), -1, None)

    def _restore(self, parts: Array, shape: tuple[int, ...], share: Array | None) -> Array:
        if share is None:
            return restore(parts, shape, self.axis)
        sizes = list(shape)
        channels = sizes.pop(self.axis)
        return np.moveaxis(parts.reshape(*sizes, channels), -1, self.axis)

    def _shares(self, x: Array, mask: Array | None) -> Array | None:
        """The weight of each row in the mean: (rows,), or (rows, channels) where a mask differs between channels.

        `None` if all rows of this process alone count the same.
        """
        if mask is None:
            rows = x.size // x.shape[self.axis]
            return None if self._others() is None else np.full(rows, 1.0 / rows, x.dtype)
        last = np.moveaxis(np.broadcast_to(np.asarray(mask)[..., np.newaxis] != 0, x.shape), self.axis, -1)
        kept = last.reshape(-1, last.shape[-1]).astype(x.dtype)
        share: Array = kept / np.maximum(kept.sum(axis=0), x.dtype.type(1))  # without any step the mean is 0
        return share if self.axis not in (-1, x.ndim - 1) else np.ascontiguousarray(share[:, 0])


def _check_clipping(limits: Mapping[str, float] | None) -> dict[str, float]:
    """The limits of batch renormalization; raises ValueError for unknown names or limits that exclude 1."""
    given = dict(limits or {})
    rmin, rmax, dmax = given.get("rmin", 0), given.get("rmax", np.inf), given.get("dmax", 0)
    if set(given) - {"rmin", "rmax", "dmax"} or not 0 <= rmin <= rmax or dmax < 0:
        raise ValueError(
            f"BatchNormalization expects renorm_clipping to hold 'rmax', 'rmin' up to it and 'dmax', at least 0, got {limits!r}"
        )
    return given


def _move(average: Variable, new: Array, momentum: float) -> None:
    """Update a moving average in place."""
    average.assign(average.value * momentum + new * (1.0 - momentum))
