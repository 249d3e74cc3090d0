"""`Softmax`: converts scores to probabilities, with an optional mask."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl import activations
from minidl.activations import ActivationFunction
from minidl.config.checks import as_tuple, is_integer
from minidl.config.types import Array, Axis, Shape
from minidl.layers.argument_checks import check_one_array
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape

_MASKED = -1e9  # Keras's score of masked elements: its exponential is 0 in float32 and float64


class Softmax(SameShape):
    """Probabilities along an axis: `y = exp(x) / sum(exp(x))`.

    Args:
        axis: the axis, or tuple of axes, whose probabilities sum to 1.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape; mask, if any, of a shape that broadcasts to x's: `False` (or at most 0.5) gives
        probability 0.
    Raises:
        ValueError: `axis` is neither an integer nor a tuple of distinct ones, x lacks one of them, or the mask does not
            broadcast to x.
    Example:
        >>> Softmax()([[1.0, 1.0, 5.0]], mask=np.array([[True, True, False]]))
        array([[0.5, 0.5, 0. ]], dtype=float32)
    """

    mask_by_position = True

    def __init__(self, axis: Axis = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = _axis_of(axis)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> tuple[Array, Array]:
        """`y = exp(x) / sum(exp(x))` over unmasked elements."""
        keep = _keep_mask(mask)
        y: Array = activations.softmax.forward(_hide(x, keep), axis=self.axis)
        if keep is not None:
            y = np.where(keep, y, x.dtype.type(0))  # all probabilities are 0 where everything is masked
        return y, y

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx = y * (dy - sum(dy * y))`; 0 where masked, as `y` is 0 there."""
        y = cache
        return activations.softmax.backward(dy, y, y, axis=self.axis)  # it needs no x

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """Any shape that broadcasts to the input's."""
        return _broadcasting(mask_shape, input_shape)

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)
        rank, axes = len(shape), self.axis if isinstance(self.axis, tuple) else (self.axis,)
        for axis in axes:
            if not -rank <= axis < rank:
                raise ValueError(f"{self.title} expects inputs that have an axis {axis}, got shape {shape}")
        if len({axis % rank for axis in axes}) < len(axes):
            raise ValueError(f"{self.title} has axis={self.axis}, which names an axis of shape {shape} twice")

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """The identity, and the softmax over the last axis."""
        if self.axis != -1 or self.activity_regularizer is not None:
            return None
        return _Scores(name=self.name, dtype=self.dtype), activations.softmax


class _Scores(SameShape):
    """The logits of a `Softmax` layer: its input, with a large negative score where masked."""

    def forward(self, x: Array, training: bool = False, mask: Array | None = None) -> tuple[Array, Array | None]:
        """`y = x` where not masked."""
        keep = _keep_mask(mask)
        return _hide(x, keep), keep

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx = dy` where not masked."""
        return dy if cache is None else dy * cache

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> Shape:
        """Any shape that broadcasts to the input's."""
        return _broadcasting(mask_shape, input_shape)


def _axis_of(axis: Any) -> int | tuple[int, ...]:
    """Check an axis, or a tuple of them."""
    axes = as_tuple(axis)
    if not axes or any(not is_integer(one) for one in axes):
        raise ValueError(f"Softmax expects axis to be an integer or a tuple of integers, got {axis!r}")
    return tuple(int(one) for one in axes) if isinstance(axis, (tuple, list)) else int(axis)


def _broadcasting(mask_shape: Shape, input_shape: Shape) -> Shape:
    """The mask's shape if it broadcasts to the input's, otherwise the input's."""
    fits = all(size in (1, whole) for size, whole in zip(mask_shape[::-1], input_shape[::-1], strict=False))
    return mask_shape if fits and len(mask_shape) <= len(input_shape) else input_shape


def _hide(x: Array, keep: Array | None) -> Array:
    return x if keep is None else np.where(keep, x, x.dtype.type(_MASKED))


def _keep_mask(mask: Array | None) -> Array | None:
    """The mask as booleans."""
    if mask is None:
        return None
    mask = np.asarray(mask)
    return mask if mask.dtype == bool else mask > 0.5
