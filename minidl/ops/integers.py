"""Functions of integers: bits, divisors, counts and positions; they have no gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from minidl.autodiff import Operation, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.docstrings import with_example
from minidl.config.settings import floatx
from minidl.config.types import Array, Axis, Tensors
from minidl.ops.arithmetic import binary
from minidl.ops.math import unary

__all__ = ["bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or"]
__all__ += ["bitwise_right_shift", "bitwise_xor", "count_nonzero", "digitize", "gcd", "histogram", "in_top_k", "isin", "lcm"]
__all__ += ["argpartition", "left_shift", "nonzero", "right_shift", "searchsorted", "unique", "unravel_index"]


def _binary(function: Callable[[Array, Array], object], name: str, doc: str, example: str) -> Operation:
    def compute(x: Array, y: Array) -> Tensors:
        return function(x, y)

    compute.__name__, compute.__doc__, compute.__module__ = name, with_example(doc, example), __name__
    return operation(tensors=2, numpy=function)(compute)


bitwise_and = _binary(np.bitwise_and, "bitwise_and", "Bits that are set in both.", "bitwise_and([6, 5], 3) -> [2 1]")
bitwise_or = _binary(np.bitwise_or, "bitwise_or", "Bits that are set in at least one.", "bitwise_or([6, 5], 3) -> [7 7]")
bitwise_xor = _binary(np.bitwise_xor, "bitwise_xor", "Bits that are set in exactly one.", "bitwise_xor([6, 5], 3) -> [5 6]")
bitwise_left_shift = left_shift = _binary(
    np.left_shift, "left_shift", "`x * 2 ** y`: bits shifted left.", "left_shift([1, 3], 2) -> [ 4 12]"
)
bitwise_right_shift = right_shift = _binary(
    np.right_shift, "right_shift", "`x // 2 ** y`: bits shifted right.", "right_shift([4, 13], 2) -> [1 3]"
)
bitwise_not = bitwise_invert = unary(
    np.invert, None, "Every bit inverted.", "bitwise_not([0, 5]) -> [-1 -6]", "bitwise_not", __name__
)
gcd = binary(np.gcd, None, None, "Greatest common divisor.", "gcd([12, 18], 8) -> [4 2]", module=__name__)
lcm = binary(np.lcm, None, None, "Least common multiple.", "lcm([4, 6], 10) -> [20 30]", module=__name__)


@operation(numpy=np.count_nonzero)
def count_nonzero(x: Array, axis: Axis = None) -> Array:
    """Number of elements that are not 0.

    Example:
        >>> int(count_nonzero([0, 3, 4]))
        2
    """
    return np.asarray(np.count_nonzero(x, axis))


@operation(numpy=np.bincount)
def bincount(x: Array, weights: Array | None = None, minlength: int = 0, sparse: bool = False) -> Array:
    """How often each integer occurs, or the sum of its weights; for each row of a matrix. `sparse` is ignored.

    Example:
        >>> bincount([0, 2, 2])
        array([1, 0, 2], dtype=int32)
    """
    rows = np.atleast_2d(x)
    length = max(int(rows.max(initial=-1)) + 1, minlength)
    shares = [None] * len(rows) if weights is None else np.atleast_2d(weights)
    counts = [np.bincount(row, share, length) for row, share in zip(rows, shares, strict=True)]
    dtype = np.int32 if weights is None else np.asarray(weights).dtype
    return np.asarray(counts if np.ndim(x) == 2 else counts[0], dtype)


@operation(numpy=np.digitize)
def digitize(x: Array, bins: Array) -> Array:
    """Number of the interval between the increasing `bins` that contains x.

    Example:
        >>> digitize([0.5, 2.5], [1.0, 2.0])
        array([0, 2])
    """
    return np.digitize(x, bins)


@operation(tensors=2, numpy=np.searchsorted)
def searchsorted(sorted_sequence: Array, values: Array, side: str = "left") -> Array:
    """Position at which each value keeps the sequence sorted.

    Example:
        >>> searchsorted([1, 3, 5], [0, 4])
        array([0, 2])
    """
    return np.searchsorted(sorted_sequence, values, "right" if side == "right" else "left")


@operation()
def histogram(x: Array, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Array, Array]:
    """Number of elements in each of `bins` equal intervals, and the intervals' edges.

    Example:
        >>> counts, edges = histogram([1.0, 2.0, 2.0], bins=2)
        >>> counts
        array([1., 2.], dtype=float32)
        >>> edges
        array([1. , 1.5, 2. ], dtype=float32)
    """
    x = np.asarray(x)
    counts, edges = np.histogram(x, bins, range)
    dtype = x.dtype if x.dtype.kind == "f" else floatx()  # of the counts too, as in Keras
    return counts.astype(dtype), edges.astype(dtype)


@operation(numpy=np.nonzero)
def nonzero(x: Array) -> tuple[Array, ...]:
    """A tuple with the indices of the elements that are not 0, one array for each axis.

    Example:
        >>> nonzero([0, 3, 4])
        (array([1, 2]),)
    """
    return np.nonzero(x)


@operation(tensors=2)
def isin(x1: Array, x2: Array, assume_unique: bool = False, invert: bool = False) -> Array:
    """True where an element of x1 is in x2.

    Example:
        >>> isin([1, 2, 3], [2, 5])
        array([False,  True, False])
    """
    return np.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@operation()
def unravel_index(indices: TensorLike, shape: Sequence[int]) -> tuple[Array, ...]:
    """Indices along each axis, of indices into the flattened tensor.

    Example:
        >>> [int(index) for index in unravel_index(5, (2, 3))]
        [1, 2]
    """
    return np.unravel_index(np.asarray(indices, np.intp), tuple(shape))


@operation(tensors=2)
def in_top_k(targets: Array, predictions: Array, k: int) -> Array:
    """Whether fewer than k predictions of a row exceed that of its target; false if a NaN prevents the comparison.

    Example:
        >>> in_top_k([0, 1], np.array([[0.1, 0.7, 0.2], [0.1, 0.7, 0.2]]), k=2)
        array([False,  True])
    """
    chosen = np.take_along_axis(predictions, np.asarray(targets)[:, np.newaxis], axis=1)
    y: Array = np.isfinite(chosen[:, 0]) & ((predictions > chosen).sum(axis=1) < k)
    return y


@operation(numpy=np.argpartition)
def argpartition(x: Array, kth: int, axis: int = -1) -> Array:
    """Indices that put the element of rank `kth` in its place, smaller ones before it and larger ones behind.

    Example:
        >>> int(argpartition([30, 10, 20], 1)[1])
        2
    """
    return np.argpartition(x, kth, axis)


@operation()
def unique(
    x: Array,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: TensorLike | None = None,
) -> Array | tuple[Array, ...]:
    """The distinct elements in increasing order, with the requested indices and counts.

    Args:
        sorted: accepted; they are always sorted.
        size: number of elements to return: more are cut off, fewer filled with `fill_value` (their minimum by default).
    Example:
        >>> unique([3, 1, 3])
        array([1, 3])
        >>> unique([3, 1, 3], return_counts=True)
        (array([1, 3]), array([1, 2]))
    """
    found = np.unique(x, True, True, True, axis=axis)
    values, index, inverse, counts = found
    along = 0 if axis is None else axis
    missing = 0 if size is None else size - values.shape[along]
    if missing > 0:
        first = values.take([0], along) if fill_value is None else np.full_like(values.take([0], along), fill_value)
        values = np.concatenate([values, np.repeat(first, missing, along)], along)
        index, counts = np.append(index, np.repeat(index[:1], missing)), np.append(counts, np.zeros(missing, counts.dtype))
    elif size is not None:
        values, index, counts = values.take(np.arange(size), along), index[:size], counts[:size]
    chosen = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    wanted = [part for wants, part in chosen if wants]
    return (values, *wanted) if wanted else values
