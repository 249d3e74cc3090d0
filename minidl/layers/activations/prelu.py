"""`PReLU`: a rectifier with a learned negative slope."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from minidl.config.checks import is_integer
from minidl.config.types import Array, ConstraintLike, InitializerLike, RegularizerLike, Shape, Sizes
from minidl.kernels.activations.relu import negative_part, positive_part
from minidl.kernels.reductions import column_sums
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape
from minidl.layers.weight_options import add_weight_with, set_weight_options


class PReLU(SameShape):
    """Parametric rectified linear unit: `y = x` where x is positive, `alpha * x` elsewhere, with `alpha` learned.

    Args:
        alpha_initializer: initial values of `alpha`.
        alpha_regularizer: penalty on `alpha`.
        alpha_constraint: function applied to `alpha` after each update.
        shared_axes: axes that share one `alpha`, counted from 1, after the batch axis: `[1, 2]` gives one slope
            per channel of images. `None` for one slope per element.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, ...) -> y of the same shape; alpha: one row's shape, with 1 on the shared axes.
    Raises:
        ValueError: `shared_axes` are not positive integers, x lacks one of them, or an axis that is not shared has an unknown
            size, or another one than the layer was built for.
    Source: He et al. 2015.
    Example:
        >>> PReLU("ones")([[-2.0, 3.0]])  # it starts as the identity
        array([[-2.,  3.]], dtype=float32)
    """

    def __init__(
        self,
        alpha_initializer: InitializerLike = "Zeros",
        alpha_regularizer: RegularizerLike = None,
        alpha_constraint: ConstraintLike = None,
        shared_axes: Sizes | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        set_weight_options(self, alpha=(alpha_initializer, alpha_regularizer, alpha_constraint))
        self.shared_axes = _axes_of(shared_axes)

    def build(self, input_shape: Shape) -> None:
        shape = [1 if axis in (self.shared_axes or ()) else size for axis, size in enumerate(input_shape)][1:]
        if None in shape:
            raise ValueError(
                f"{self.title} needs to know the sizes of the axes that share no alpha, got shape {input_shape}; "
                f"name the axes of unknown size in shared_axes"
            )
        self.alpha = add_weight_with(self, "alpha", tuple(size for size in shape if size is not None))

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y = max(x, 0) + alpha * min(x, 0)`."""
        y = negative_part(x)
        y *= self._slopes(x)
        y += positive_part(x)
        return y, x

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = dy` above 0, `alpha * dy` below; `dalpha` is the sum of `dy * min(x, 0)` over the shared axes."""
        x = cache
        shared = tuple(axis for axis, size in enumerate(self.alpha.shape) if size == 1)
        products = negative_part(x)
        products *= dy
        dalpha = column_sums(products.reshape(len(x), math.prod(x.shape[1:]))).reshape(x.shape[1:])
        self.alpha.grad += dalpha.sum(axis=shared, keepdims=True)
        dx = (x < 0) * self._slopes(x)
        dx += x > 0
        dx *= dy
        return dx

    def _slopes(self, x: Array) -> Array:
        """Alpha at each element of one row: NumPy broadcasts long contiguous axes faster than short ones."""
        return np.ascontiguousarray(np.broadcast_to(self.alpha.value, x.shape[1:]))

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, tuple) or len(shape) < 2:
            raise ValueError(f"{self.title} expects rows of features, shape (batch, ...), got shape {shape}")
        if any(axis >= len(shape) for axis in self.shared_axes or ()):
            raise ValueError(
                f"{self.title} shares alpha along the axes {self.shared_axes}, got shape {shape} without one of them"
            )
        sizes = [1 if axis in (self.shared_axes or ()) else size for axis, size in enumerate(shape)][1:]
        if self.built and tuple(sizes) != self.alpha.shape:
            raise ValueError(
                f"{self.title} was built for rows of shape {self.build_shape[1:]} and has an alpha of shape "
                f"{self.alpha.shape}, got shape {shape}; list axes of varying size in shared_axes"
            )


def _axes_of(shared_axes: Any) -> list[int] | None:
    """Check one or several axes, counted from 1."""
    if shared_axes is None:
        return None
    axes = list(shared_axes) if isinstance(shared_axes, (list, tuple)) else [shared_axes]
    if any(not is_integer(axis, least=1) for axis in axes):
        raise ValueError(f"PReLU expects shared_axes to be integers of at least 1, the batch being axis 0, got {shared_axes!r}")
    return [int(axis) for axis in axes]
