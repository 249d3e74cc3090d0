"""`Concatenate`: joins inputs along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.config.checks import is_integer
from minidl.config.types import AnyShapes, Array, Axis, Cache, Shape, Tensors
from minidl.layers.layer import Layer
from minidl.layers.merging.merge import check_masks, check_several
from minidl.layers.options import LayerOptions


class Concatenate(Layer):
    """Joins several inputs along one axis: `y = [x[0], x[1], ...]`.

    Args:
        axis: the axis to join along; not the batch axis.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of arrays that differ only along the axis -> y with the sum of their sizes there.
    Raises:
        ValueError: a single array, or inputs that differ along another axis.
    Example:
        >>> Concatenate()([np.ones((2, 3)), np.zeros((2, 1))])
        array([[1., 1., 1., 0.],
               [1., 1., 1., 0.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axis: Axis = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        if not is_integer(axis) or axis == 0:
            raise ValueError(f"Concatenate expects axis to be an integer, and not 0, the batch axis, got {axis!r}")
        self.axis = int(axis)

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, list[int]]:
        """`y = [x[0], x[1], ...]`."""
        return np.concatenate(x, axis=self.axis), [one.shape[self.axis] for one in x]

    def backward(self, dy: Array, cache: Cache) -> list[Array]:
        """The part of dy of each input."""
        return list(np.split(dy, np.cumsum(cache)[:-1], axis=self.axis))

    def compute_mask(self, inputs: list[Array], mask: list[Array | None] | None = None) -> Tensors:
        """A step is unmasked where any input's is; an input without a mask is unmasked everywhere."""
        check_masks(self.title, inputs, mask)
        if mask is None or all(one is None for one in mask):
            return None
        whole = [
            np.ones(one.shape, bool)
            if its is None
            else np.broadcast_to(its.reshape(its.shape + (1,) * (one.ndim - its.ndim)), one.shape)
            for one, its in zip(inputs, mask, strict=True)
        ]
        return np.concatenate(whole, axis=self.axis).any(axis=-1)

    def compute_output_shape(self, input_shape: AnyShapes) -> Shape:
        """The inputs' shape, with the sum of their sizes along the axis."""
        sizes = [shape[self.axis] for shape in input_shape]
        made = list(input_shape[0])
        made[self.axis] = None if None in sizes else sum(sizes)
        return tuple(made)

    def check_input(self, shape: AnyShapes) -> None:
        check_several(self.title, shape)
        if any(not -len(one) < self.axis < len(one) for one in shape):
            raise ValueError(f"{self.title} expects inputs that have an axis {self.axis}, got shapes {list(shape)}")
        rest = [[size for at, size in enumerate(one) if at != self.axis % len(one)] for one in shape]
        alike = all(len({size for size in sizes if size is not None}) <= 1 for sizes in zip(*rest, strict=False))
        if len({len(one) for one in shape}) > 1 or not alike:
            raise ValueError(
                f"{self.title} expects inputs that differ only along axis {self.axis}, got shapes {list(shape)}; "
                f"make the other axes the same size first"
            )


def concatenate(inputs: Sequence[Array | Tensor], axis: int = -1, **kwargs: Unpack[LayerOptions]) -> Tensors:
    """Join several arrays or symbolic tensors: `Concatenate(axis, **kwargs)(inputs)`.

    Example:
        >>> concatenate([np.ones((1, 2)), np.zeros((1, 1))])
        array([[1., 1., 0.]], dtype=float32)
    """
    return Concatenate(axis, **kwargs)(inputs)
