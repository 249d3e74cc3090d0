"""Shapes: reshape, reorder, join and split tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minidl.autodiff import operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import is_integer
from minidl.config.types import Array, Axis, Shape, Sizes, Tensors
from minidl.graph.sizes import Size
from minidl.graph.symbolic import SymbolicTensor

__all__ = ["broadcast_to", "concatenate", "expand_dims", "flip", "moveaxis", "ndim", "ravel", "reshape", "roll"]
__all__ += ["rot90", "shape", "split", "squeeze", "stack", "swapaxes", "transpose"]


@operation(lambda dy, y, x, newshape: dy.reshape(x.shape))
def reshape(x: Array, newshape: TensorLike) -> Array:
    """Change the shape; one size may be -1, and `None` (an unknown size, as of a batch) means the same.

    Example:
        >>> reshape([1, 2, 3, 4], (2, -1))
        array([[1, 2],
               [3, 4]])
    """
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    return np.reshape(x, [-1 if size is None else size for size in sizes])


@reshape.register_shape
def _reshaped(shape: Shape, newshape: object) -> Shape:
    """The requested sizes; -1 stands for one that follows from the others, or is not known.

    Raises:
        ValueError: no size of the unknown axes can give them, or they are not integers.
    """
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    if not all(size is None or is_integer(size) for size in sizes):  # a product with a text would be a text
        raise ValueError(f"minidl.ops.reshape expects integers for newshape, got {newshape!r}")
    before = math.prod(size for size in shape if size is not None)
    if not any(size in (None, -1) for size in sizes) and math.prod(sizes) % max(before, 1):
        raise ValueError(f"minidl.ops.reshape cannot turn a tensor of shape {shape} into shape {tuple(sizes)}")
    rest = math.prod(size for size in sizes if size not in (None, -1))
    found = before // rest if None not in shape and rest and before % rest == 0 else None
    return tuple(found if size in (None, -1) else int(size) for size in sizes)


@operation(lambda dy, y, x: dy.reshape(x.shape), numpy=np.ravel)
def ravel(x: Array) -> Array:
    """Flatten to one axis.

    Example:
        >>> ravel([[1, 2], [3, 4]])
        array([1, 2, 3, 4])
    """
    return np.ravel(x)


@operation(
    lambda dy, y, x, axes: dy.transpose(None if axes is None else np.argsort([a % x.ndim for a in axes])),
    numpy=(np.transpose, np.permute_dims),
)
def transpose(x: Array, axes: Axis = None) -> Array:
    """Reorder the axes; reverse them by default.

    Example:
        >>> transpose([[1, 2, 3]])
        array([[1],
               [2],
               [3]])
    """
    return np.transpose(x, axes)


@operation(lambda dy, y, x, axis1, axis2: dy.swapaxes(axis1, axis2), numpy=np.swapaxes)
def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Exchange two axes.

    Example:
        >>> swapaxes(np.ones((2, 3, 4)), 0, 2).shape
        (4, 3, 2)
    """
    return np.swapaxes(x, axis1, axis2)


@operation(lambda dy, y, x, source, destination: np.moveaxis(dy, destination, source), numpy=np.moveaxis)
def moveaxis(x: Array, source: Sizes, destination: Sizes) -> Array:
    """Move axes to other positions.

    Example:
        >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
        (3, 4, 2)
    """
    return np.moveaxis(x, source, destination)


@operation(lambda dy, y, x, axis: dy.reshape(x.shape), numpy=np.expand_dims)
def expand_dims(x: Array, axis: int | Sequence[int]) -> Array:
    """Insert an axis of size 1.

    Example:
        >>> expand_dims([1, 2], 0)
        array([[1, 2]])
    """
    return np.expand_dims(x, axis)


@operation(lambda dy, y, x, axis: dy.reshape(x.shape), numpy=np.squeeze)
def squeeze(x: Array, axis: Axis = None) -> Array:
    """Remove axes of size 1.

    Example:
        >>> squeeze([[1, 2]])
        array([1, 2])
    """
    return np.squeeze(x, axis)


@operation(lambda dy, y, x, shape: dy, numpy=np.broadcast_to)  # it sums dy over the broadcast axes
def broadcast_to(x: Array, shape: Shape) -> Array:
    """Broadcast to a shape; `None` keeps a size.

    Example:
        >>> broadcast_to([1, 2], (2, 2))
        array([[1, 2],
               [1, 2]])
    """
    own = (1,) * (len(shape) - np.ndim(x)) + np.shape(x)
    return np.broadcast_to(x, [size if wanted is None else wanted for wanted, size in zip(shape, own, strict=True)])


@operation(lambda dy, y, x, axis: np.flip(dy, axis), numpy=np.flip)
def flip(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """Reverse the order of elements along axes.

    Example:
        >>> flip([1, 2, 3])
        array([3, 2, 1])
    """
    return np.flip(x, axis)


@operation(lambda dy, y, x, shift, axis: np.roll(dy, np.negative(shift), axis), numpy=np.roll)
def roll(x: Array, shift: Sizes, axis: Axis = None) -> Array:
    """Roll along axes: elements shifted out at one end come in at the other.

    Example:
        >>> roll([1, 2, 3, 4], 1)
        array([4, 1, 2, 3])
    """
    return np.roll(x, shift, axis)


@operation(lambda dy, y, array, k, axes: np.rot90(dy, -k, tuple(axes)), numpy=np.rot90)
def rot90(array: Array, k: int = 1, axes: Sequence[int] = (0, 1)) -> Array:
    """Rotate by 90 degrees, `k` times, in the plane of two axes.

    Example:
        >>> rot90([[1, 2], [3, 4]])
        array([[2, 4],
               [1, 3]])
    """
    return np.rot90(array, k, (axes[0], axes[1]))


@operation(lambda dy, y, *xs, axis: np.split(dy, np.cumsum([x.shape[axis] for x in xs])[:-1], axis), several=True)
def concatenate(xs: list[Array], axis: int = 0) -> Array:
    """Join tensors along an axis.

    Example:
        >>> concatenate([[[1, 2]], [[3, 4]]])
        array([[1, 2],
               [3, 4]])
    """
    return np.concatenate(xs, axis)


@operation(lambda dy, y, *x, axis: [np.take(dy, n, axis) for n in range(len(x))], several=True, numpy=np.stack)
def stack(x: list[Array], axis: int = 0) -> Array:
    """Join tensors of one shape along a new axis.

    Example:
        >>> stack([[1, 2], [3, 4]], axis=1)
        array([[1, 3],
               [2, 4]])
    """
    return np.stack(x, axis)


def or_zeros(dy: Iterable[Array | None], y: Iterable[Array]) -> list[Array]:
    """The gradients of several outputs, zeros for those that were not used."""
    return [np.zeros_like(part) if gradient is None else gradient for gradient, part in zip(dy, y, strict=True)]


@operation(lambda dy, y, x, indices_or_sections, axis: np.concatenate(or_zeros(dy, y), axis), numpy=np.split)
def split(x: Array, indices_or_sections: Array, axis: int = 0) -> tuple[Array, ...]:
    """Split into a tuple of parts: a number of equal ones, or at the given indices.

    Example:
        >>> split([1, 2, 3, 4], 2)
        (array([1, 2]), array([3, 4]))
        >>> split([1, 2, 3, 4], [1])
        (array([1]), array([2, 3, 4]))
    """
    return tuple(np.split(x, indices_or_sections, axis))


def shape(x: Tensors) -> tuple[Any, ...]:
    """The shape; unknown sizes of a symbolic tensor are placeholders that are resolved when the model runs.

    Example:
        >>> from minidl import Input
        >>> shape(Input((3,), name="x"))
        (<size of axis 0 of "x">, 3)
    """
    if isinstance(x, SymbolicTensor):
        return tuple(Size(x, axis) if size is None else size for axis, size in enumerate(x.shape))
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


def ndim(x: Tensors) -> int:
    """Number of axes.

    Example:
        >>> ndim([[1, 2], [3, 4]])
        2
    """
    return len(shape(x))
