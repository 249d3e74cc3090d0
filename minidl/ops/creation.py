"""Create tensors: zeros, ones, full, arange, eye, sequences and windows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minidl.autodiff import Operation, composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.docstrings import with_example
from minidl.config.settings import floatx
from minidl.config.types import AnyShapes, Array, DTypeLike, Shape, Tensors
from minidl.ops.math import cast
from minidl.ops.shapes import broadcast_to, reshape, shape

__all__ = ["arange", "bartlett", "blackman", "empty", "empty_like", "eye", "full", "full_like", "geomspace", "hamming"]
__all__ += ["hanning", "identity", "kaiser", "linspace", "logspace", "meshgrid", "ones", "tri", "vander", "zeros"]


def _known(shape: AnyShapes) -> AnyShapes:
    """The shape, if it has no unknown size."""
    if isinstance(shape, (list, tuple)) and None in shape:
        raise ValueError(
            f"a new tensor needs known sizes, got shape {tuple(shape)}: x.shape has None for unknown ones, "
            f"ops.shape(x)[0] gives a size that is found when the model runs"
        )
    return shape


@operation(tensors=0)
def zeros(shape: Shape, dtype: DTypeLike = None) -> Array:
    """Zeros.

    Example:
        >>> zeros((2,))
        array([0., 0.], dtype=float32)
    """
    return np.zeros(_known(shape), dtype or floatx())


@operation(tensors=0)
def empty(shape: Shape, dtype: DTypeLike = None) -> Array:
    """A tensor whose values do not matter; zeros, as in Keras.

    Example:
        >>> empty((2,))
        array([0., 0.], dtype=float32)
    """
    return np.zeros(_known(shape), dtype or floatx())


@operation(tensors=0)
def ones(shape: Shape, dtype: str | None = None) -> Array:
    """Ones.

    Example:
        >>> ones((2,))
        array([1., 1.], dtype=float32)
    """
    return np.ones(_known(shape), dtype or floatx())


@operation(tensors=0)
def full(shape: Shape, fill_value: TensorLike, dtype: str | None = None) -> Array:
    """A tensor filled with one value.

    Example:
        >>> full((2,), 7.0)
        array([7., 7.], dtype=float32)
    """
    return np.full(_known(shape), fill_value, dtype or floatx())


@operation(numpy=np.empty_like)
def empty_like(x: Array, dtype: DTypeLike = None) -> Array:
    """A tensor of x's shape and type whose values do not matter; zeros, as in Keras.

    Example:
        >>> empty_like([1, 2])
        array([0, 0])
    """
    return np.zeros_like(x, dtype)


@operation(None, lambda dy, y, x, fill_value, dtype: dy, numpy=np.full_like)
def full_like(x: Array, fill_value: TensorLike, dtype: DTypeLike = None) -> Array:
    """A tensor of x's shape and type filled with one value.

    Example:
        >>> full_like([1, 2], 7)
        array([7, 7])
    """
    return np.full_like(x, fill_value, dtype)


@operation(tensors=0)
def arange(start: Array, stop: TensorLike | None = None, step: TensorLike | None = None, dtype: DTypeLike = None) -> Tensors:
    """Values from `start` up to, but excluding, `stop`; from 0 up to `start` if `stop` is not given.

    Example:
        >>> arange(3)
        array([0, 1, 2])
        >>> arange(1.0, 2.0, 0.5)
        array([1. , 1.5], dtype=float32)
    """
    made: Callable[..., Array] = np.arange  # its overloads do not know what Any is
    values = made(start, stop, 1 if step is None else step, dtype)
    return values.astype(floatx()) if dtype is None and values.dtype.kind == "f" else values


@operation(tensors=0)
def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None) -> Array:  # noqa: N803  # Keras's names
    """Ones on a diagonal, zeros elsewhere.

    Example:
        >>> eye(2, 3)
        array([[1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """
    return np.eye(N, M, k, dtype or floatx())


@operation(tensors=0)
def identity(n: int, dtype: DTypeLike = None) -> Array:
    """The identity matrix.

    Example:
        >>> identity(2)
        array([[1., 0.],
               [0., 1.]], dtype=float32)
    """
    return np.eye(n, dtype=dtype or floatx())


@operation(tensors=0)
def tri(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None) -> Array:  # noqa: N803  # Keras's names
    """Ones on and below a diagonal, zeros above.

    Example:
        >>> tri(2, 3)
        array([[1., 0., 0.],
               [1., 1., 0.]], dtype=float32)
    """
    return np.tri(N, M, k, dtype or floatx())


def linspace(
    start: Array,
    stop: Array,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Tensors:
    """`num` evenly spaced values from `start` to `stop`; with `retstep` the step too.

    `y[i] = start + (stop - start) * i / (num - 1)`.

    Example:
        >>> linspace(0.0, 1.0, 3)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    made = linspace_([start, stop], num=num, endpoint=endpoint, axis=axis)
    made = made if dtype is None else cast(made, dtype)
    return (made, (stop - start) / (num - 1 if endpoint else num)) if retstep else made


@operation(lambda dy, y, start, stop, num, endpoint, axis: _linspace_backward(dy, start, stop, endpoint, axis), several=True)
def linspace_(ends: list[float | Array], num: int = 50, endpoint: bool = True, axis: int = 0) -> Array:
    """Evenly spaced values between two ends."""
    return np.linspace(ends[0], ends[1], num, endpoint, axis=axis)


def _linspace_backward(dy: Array, start: Array, stop: Array, endpoint: bool, axis: int) -> list[Array]:
    """`y[n] = start * (1 - share[n]) + stop * share[n]`."""
    along = np.moveaxis(dy, axis, -1)
    share = np.linspace(0, 1, along.shape[-1], endpoint).astype(dy.dtype)
    gradients = along @ (1 - share), along @ share
    return [g if np.shape(end) == g.shape else np.sum(g) for g, end in zip(gradients, (start, stop), strict=True)]


@operation(tensors=0)
def logspace(
    start: Array, stop: Array, num: int = 50, endpoint: bool = True, base: float = 10, dtype: DTypeLike = None, axis: int = 0
) -> Array:
    """`num` values from `base ** start` to `base ** stop`: `y[i] = base ** (start + (stop - start) * i / (num - 1))`.

    Example:
        >>> logspace(0, 2, 3)
        array([  1.,  10., 100.], dtype=float32)
    """
    return np.logspace(start, stop, num, endpoint, base, axis=axis).astype(dtype or floatx())


@operation(tensors=0)
def geomspace(start: Array, stop: Array, num: int = 50, endpoint: bool = True, dtype: DTypeLike = None, axis: int = 0) -> Array:
    """`num` values from `start` to `stop` with a constant ratio: `start * (stop / start) ** (i / (num - 1))`.

    Example:
        >>> geomspace(1, 8, 4).round(2)
        array([1., 2., 4., 8.], dtype=float32)
    """
    return np.geomspace(start, stop, num, endpoint, axis=axis).astype(dtype or floatx())


def _window(function: Callable[..., Array], name: str, doc: str, example: str) -> Operation:
    def compute(x: int) -> Array:
        return function(int(x)).astype(floatx())

    compute.__name__, compute.__doc__, compute.__module__ = name, with_example(doc, example), __name__
    return operation(tensors=0)(compute)


bartlett = _window(
    np.bartlett,
    "bartlett",
    "The triangular window of Bartlett, of x elements: `w[n] = 1 - |2 * n / (x - 1) - 1|`.",
    "bartlett(5) -> [0.  0.5 1.  0.5 0. ]",
)
blackman = _window(
    np.blackman,
    "blackman",
    "The window of Blackman: `w[n] = 0.42 - 0.5 * cos(2 * pi * n / (x - 1)) + 0.08 * cos(4 * pi * n / (x - 1))`.",
    "blackman(5)[1:4].round(2) -> [0.34 1.   0.34]",
)
hamming = _window(
    np.hamming,
    "hamming",
    "The window of Hamming, of x elements: `w[n] = 0.54 - 0.46 * cos(2 * pi * n / (x - 1))`.",
    "hamming(3).round(2) -> [0.08 1.   0.08]",
)
hanning = _window(
    np.hanning,
    "hanning",
    "The window of von Hann, of x elements: `w[n] = 0.5 - 0.5 * cos(2 * pi * n / (x - 1))`.",
    "hanning(5).round(2) -> [0.  0.5 1.  0.5 0. ]",
)


@operation(tensors=0)
def kaiser(x: int, beta: float) -> Array:
    """The window of Kaiser: `w[n] = i0(beta * sqrt(1 - (2 * n / (x - 1) - 1) ** 2)) / i0(beta)`, of x elements.

    Example:
        >>> kaiser(3, 0.0)
        array([1., 1., 1.], dtype=float32)
    """
    return np.kaiser(int(x), beta).astype(floatx())


@composed(numpy=np.vander)
def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Array:  # noqa: N803  # Keras's names
    """The Vandermonde matrix: powers of each element of a vector, `N` columns, the highest power first.

    `y[i, j] = x[i] ** (N - 1 - j)`.

    Example:
        >>> vander([1, 2, 3])
        array([[1, 1, 1],
               [4, 2, 1],
               [9, 3, 1]])
    """
    count = shape(x)[0] if N is None else N
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    return reshape(x, (-1, 1)) ** powers


def meshgrid(*x: object, indexing: str = "xy") -> list[Array]:
    """Coordinates of a grid: each vector broadcast along the axes of the others; "xy" exchanges the first two axes.

    Example:
        >>> x, y = meshgrid([1, 2], [3, 4])
        >>> x
        array([[1, 2],
               [1, 2]])
        >>> y
        array([[3, 3],
               [4, 4]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid expects indexing to be 'xy' or 'ij', got {indexing!r}")
    order = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        order[:2] = 1, 0
    vectors = [reshape(vector, (-1,)) for vector in x]
    sizes: list[object] = [0] * len(x)
    for vector, axis in zip(vectors, order, strict=True):
        sizes[axis] = shape(vector)[0]
    placed = [
        reshape(vector, [-1 if n == axis else 1 for n in range(len(x))]) for vector, axis in zip(vectors, order, strict=True)
    ]
    return [broadcast_to(vector, tuple(sizes)) for vector in placed]
