"""Join, split, flip and difference tensors along named axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from minidl.autodiff import composed
from minidl.autodiff.tensor import TensorLike
from minidl.config.checks import is_integer
from minidl.config.types import Array, Sizes, Tensors
from minidl.ops.elements import get_item
from minidl.ops.shapes import concatenate, expand_dims, flip, ndim, ravel, reshape, shape, split, squeeze

__all__ = ["append", "array_split", "diff", "dsplit", "dstack", "fliplr", "flipud", "hsplit", "hstack", "unstack", "vsplit"]
__all__ += ["size", "vstack"]


@composed(numpy=np.fliplr)
def fliplr(x: TensorLike) -> Array:
    """The second axis in reverse order.

    Example:
        >>> fliplr([[1, 2], [3, 4]])
        array([[2, 1],
               [4, 3]])
    """
    return flip(x, 1)


@composed(numpy=np.flipud)
def flipud(x: TensorLike) -> Array:
    """The first axis in reverse order.

    Example:
        >>> flipud([[1, 2], [3, 4]])
        array([[3, 4],
               [1, 2]])
    """
    return flip(x, 0)


@composed(numpy=np.diff)
def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Tensors:
    """Differences of neighbors along an axis, `y[i] = x[i + 1] - x[i]`, `n` times.

    Example:
        >>> diff([1, 4, 9])
        array([3, 5])
    """
    if n < 0:
        raise ValueError(f"diff expects n to be 0 or more, got {n}")
    before = (slice(None),) * normalize_axis_index(axis, ndim(a))
    for _ in range(min(n, shape(a)[axis])):  # then nothing is left
        a = get_item(a, (*before, slice(1, None))) - get_item(a, (*before, slice(None, -1)))
    return a


@composed(several=True, numpy=np.hstack)
def hstack(xs: Sequence[TensorLike]) -> Array:
    """Join along the second axis; vectors along their only one.

    Example:
        >>> hstack([[[1], [2]], [[3], [4]]])
        array([[1, 3],
               [2, 4]])
    """
    parts = [part if ndim(part) else reshape(part, (1,)) for part in xs]
    return concatenate(parts, 0 if ndim(parts[0]) == 1 else 1)


@composed(several=True, numpy=np.vstack)
def vstack(xs: Sequence[TensorLike]) -> Array:
    """Join along the first axis; vectors become rows.

    Example:
        >>> vstack([[1, 2], [3, 4]])
        array([[1, 2],
               [3, 4]])
    """
    return concatenate([part if ndim(part) > 1 else reshape(part, (1, -1)) for part in xs], 0)


@composed(several=True, numpy=np.dstack)
def dstack(xs: Sequence[TensorLike]) -> Array:
    """Join along the third axis; vectors become rows first.

    Example:
        >>> dstack([[1, 2], [3, 4]])
        array([[[1, 3],
                [2, 4]]])
    """
    parts = [part if ndim(part) > 1 else reshape(part, (1, -1)) for part in xs]
    return concatenate([expand_dims(part, 2) if ndim(part) == 2 else part for part in parts], 2)


@composed(tensors=2, numpy=np.append)
def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Array:
    """Join two tensors along an axis, or flattened.

    Example:
        >>> append([[1, 2]], [3])
        array([1, 2, 3])
    """
    return concatenate([ravel(x1), ravel(x2)] if axis is None else [x1, x2], axis or 0)


@composed(numpy=np.array_split)
def array_split(x: TensorLike, indices_or_sections: Sizes, axis: int = 0) -> Array:
    """Split into parts; if the size cannot be divided, the first ones are longer by one.

    Example:
        >>> array_split([1, 2, 3], 2)
        (array([1, 2]), array([3]))
    """
    if is_integer(indices_or_sections):
        size, rest = divmod(shape(x)[axis], indices_or_sections)
        sizes = [size + 1] * rest + [size] * (indices_or_sections - rest)
        indices_or_sections = tuple(int(end) for end in np.cumsum(sizes)[:-1])
    return split(x, indices_or_sections, axis)


@composed(numpy=np.hsplit)
def hsplit(x: TensorLike, indices_or_sections: Sizes) -> Array:
    """Split along the second axis; a vector along its only one.

    Example:
        >>> hsplit([[1, 2], [3, 4]], 2)
        (array([[1],
               [3]]), array([[2],
               [4]]))
    """
    return split(x, indices_or_sections, 1 if ndim(x) > 1 else 0)


@composed(numpy=np.vsplit)
def vsplit(x: TensorLike, indices_or_sections: Sizes) -> Array:
    """Split along the first axis.

    Example:
        >>> vsplit([[1, 2], [3, 4]], 2)
        (array([[1, 2]]), array([[3, 4]]))
    """
    return split(x, indices_or_sections, 0)


@composed(numpy=np.dsplit)
def dsplit(x: TensorLike, indices_or_sections: Sizes) -> Array:
    """Split along the third axis.

    Example:
        >>> [part.shape for part in dsplit(np.ones((2, 2, 4)), 2)]
        [(2, 2, 2), (2, 2, 2)]
    """
    return split(x, indices_or_sections, 2)


@composed(numpy=getattr(np, "unstack", ()))
def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> tuple[Array, ...]:
    """Split into the tensors along an axis, without that axis.

    Example:
        >>> unstack([[1, 2], [3, 4]])
        (array([1, 2]), array([3, 4]))
    """
    return tuple(squeeze(part, axis) for part in split(x, shape(x)[axis] if num is None else num, axis))


def size(x: Array) -> int:
    """Number of elements.

    Example:
        >>> int(size([[1, 2], [3, 4]]))
        4
    """
    return np.prod(shape(x), dtype=int)[()] if all(isinstance(n, int) for n in shape(x)) else _product(shape(x))


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for one in sizes:
        product = one * product
    return product
