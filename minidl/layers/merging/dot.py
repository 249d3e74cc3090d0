"""`Dot`: dot products of two inputs."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Unpack

import numpy as np

from minidl.autodiff.tensor import Tensor
from minidl.config.checks import is_integer
from minidl.config.types import AnyShapes, Array, Axis, Shape, Tensors
from minidl.kernels.einsum import contract
from minidl.kernels.l2_normalize import l2_normalize, l2_normalize_backward
from minidl.layers.layer import Layer
from minidl.layers.merging.merge import check_several
from minidl.layers.options import LayerOptions

_SMALLEST = 1e-7  # as in Keras: lower bound of the norm


class Dot(Layer):
    """Dot products of two inputs along one axis of each, row by row: `y[i] = tensordot(a[i], b[i], axes)`.

    With `normalize` both are divided by their norm along these axes first (cosine similarity). A zero vector stays zero and
    has gradient 0 (NaN in Keras). Masks are not propagated.

    Args:
        axes: the axis to sum over, or one for each input; not the batch axis.
        normalize: whether both are divided by their norm along the axis.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x a list of two arrays (batch, ...) -> y (batch, the other axes of the first, those of the second), or (batch, 1).
    Raises:
        ValueError: not two inputs, a missing axis, or axes with different sizes.
    Example:
        >>> Dot(1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])
        array([[11.]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, axes: Axis, normalize: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        both = axes if isinstance(axes, (tuple, list)) else (axes, axes)
        if len(both) != 2 or not all(is_integer(axis) and axis != 0 for axis in both):
            raise ValueError(f"Dot expects axes to be an integer or two, and not 0, the batch axis, got {axes!r}")
        self.axes = axes
        self.normalize = normalize

    def forward(self, x: list[Array], training: bool = False) -> tuple[Array, tuple[Array, Array, tuple[Array, Array] | None]]:
        """`y = sum(a * b)` along the axes, normalized if asked."""
        (a, b), factors = x, None
        if self.normalize:
            axis_a, axis_b = self._axes(a.ndim, b.ndim)
            (a, factor_a), (b, factor_b) = l2_normalize(a, axis_a, _SMALLEST), l2_normalize(b, axis_b, _SMALLEST)
            factors = factor_a, factor_b
        y = contract(a, b, *self._letters(a.ndim, b.ndim))
        return y[:, np.newaxis] if y.ndim == 1 else y, (a, b, factors)

    def backward(self, dy: Array, cache: tuple[Array, Array, tuple[Array, Array] | None]) -> list[Array]:
        """`da = sum(dy * b)` over b's other axes, and `db = sum(dy * a)` over a's."""
        a, b, factors = cache
        in_a, in_b, in_y = self._letters(a.ndim, b.ndim)
        dy = dy.reshape(dy.shape[: len(in_y)])  # without the axis of size 1
        da, db = contract(dy, b, in_y, in_b, in_a), contract(dy, a, in_y, in_a, in_b)
        if factors is not None:
            axis_a, axis_b = self._axes(a.ndim, b.ndim)
            da, db = l2_normalize_backward(da, a, factors[0], axis_a), l2_normalize_backward(db, b, factors[1], axis_b)
        return [da, db]

    def compute_mask(self, inputs: list[Array], mask: list[None] | None = None) -> None:
        """No mask."""

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """The batch axis and both inputs' other axes; `(batch, 1)` without other axes."""
        a, b = (list(shape) for shape in input_shape)
        axis_a, axis_b = self._axes(len(a), len(b))
        batch = a[0] if a[0] is not None else b[0]
        rest = [size for n, size in enumerate(a) if n not in (0, axis_a)]
        rest += [size for n, size in enumerate(b) if n not in (0, axis_b)]
        return (batch, *(rest or [1]))

    def check_input(self, shape: AnyShapes) -> None:
        check_several(self.title, shape, "a list of two inputs")
        if len(shape) != 2:
            raise ValueError(f"{self.title} expects exactly two inputs, got {len(shape)}, of shapes {list(shape)}")
        given = self.axes if isinstance(self.axes, (tuple, list)) else (self.axes, self.axes)
        if any(not -len(one) < axis < len(one) for one, axis in zip(shape, given, strict=True)):
            raise ValueError(
                f"{self.title} expects inputs that have the axes {given} after the batch axis, got shapes {list(shape)}"
            )
        if len({one[0] for one in shape} - {None}) > 1:
            raise ValueError(f"{self.title} expects inputs with the same number of rows, got shapes {list(shape)}")
        sizes = [one[axis] for one, axis in zip(shape, given, strict=True)]
        if len({size for size in sizes if size is not None}) > 1:
            raise ValueError(
                f"{self.title} expects axes {given} of the same size, got {sizes[0]} and {sizes[1]}, of shapes {list(shape)}; "
                f"choose other axes, or make them the same size first, with Dense"
            )

    def _axes(self, rank_a: int, rank_b: int) -> tuple[int, int]:
        """The two axes, counted from the front."""
        axis_a, axis_b = self.axes if isinstance(self.axes, (tuple, list)) else (self.axes, self.axes)
        return axis_a % rank_a, axis_b % rank_b

    def _letters(self, rank_a: int, rank_b: int) -> tuple[str, str, str]:
        """A letter for each axis of a, b and y: one for the batch, one for the axes that are summed over."""
        axis_a, axis_b = self._axes(rank_a, rank_b)
        a, b = ascii_letters[:rank_a], ascii_letters[0] + ascii_letters[rank_a : rank_a + rank_b - 1]
        return a, b[:axis_b] + a[axis_a] + b[axis_b + 1 :], a[:axis_a] + a[axis_a + 1 :] + b[1:axis_b] + b[axis_b + 1 :]


def dot(inputs: Sequence[Array | Tensor], axes: Axis = -1, **kwargs: Unpack[LayerOptions]) -> Tensors:
    """Dot products of two arrays or symbolic tensors: `Dot(axes, **kwargs)(inputs)`.

    Example:
        >>> dot([np.array([[3.0, 4.0]]), np.array([[4.0, -3.0]])], normalize=True).round(2)
        array([[0.]], dtype=float32)
    """
    return Dot(axes, **kwargs)(inputs)
