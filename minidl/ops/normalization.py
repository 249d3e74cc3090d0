"""Normalization: by given or own statistics, of a tensor's rows, and to unit norm."""

from collections.abc import Sequence

from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.settings import epsilon as default_epsilon
from minidl.config.types import Array, Axis, Tensors
from minidl.ops.arithmetic import maximum, minimum
from minidl.ops.math import rsqrt, square
from minidl.ops.norms import norm
from minidl.ops.reductions import mean, var
from minidl.ops.reductions import sum as total
from minidl.ops.shapes import ndim, reshape, shape

__all__ = ["batch_normalization", "layer_normalization", "normalize", "rms_normalization"]


def _present(*tensors: TensorLike | None) -> tuple[list[TensorLike], tuple[bool, ...]]:
    """The tensors that are given, and for each whether it is."""
    return [x for x in tensors if x is not None], tuple(x is not None for x in tensors)


def _placed(given: list[Array], present: Sequence[bool]) -> list[Array | Tensor | None]:
    """The given tensors in their places, `None` elsewhere."""
    tensors = iter(given)
    return [next(tensors) if is_there else None for is_there in present]


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Array:
    """`y = scale * (x - mean) / sqrt(variance + epsilon) + offset`, with one number of each along an axis.

    Example:
        >>> batch_normalization(np.array([[1.0, 6.0]]), np.array([1.0, 2.0]), np.array([1.0, 4.0]), axis=-1, epsilon=0.0)
        array([[0., 2.]])
    """
    given, present = _present(x, mean, variance, offset, scale)
    return _batch_normalization(given, present, axis, epsilon)


@composed(several=True, name="batch_normalization")
def _batch_normalization(given: list[Array], present: tuple[bool, bool, bool, bool, bool], axis: int, epsilon: float) -> Array:
    x, center, variance, offset, scale = _placed(given, present)
    channels = normalize_axis_index(axis, ndim(x))
    along = [-1 if n == channels else 1 for n in range(ndim(x))]
    factor = rsqrt(reshape(variance, along) + epsilon)
    if scale is not None:
        factor = factor * reshape(scale, along)
    y = (x - reshape(center, along)) * factor
    return y if offset is None else y + reshape(offset, along)


def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: Axis = -1,
    epsilon: float | None = None,
) -> Array:
    """`y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with mean and variance along the axes.

    Example:
        >>> layer_normalization(np.array([[1.0, 3.0]])).round(2)
        array([[-1.,  1.]])
    """
    given, present = _present(x, gamma, beta)
    return _layer_normalization(given, present, axis, default_epsilon() if epsilon is None else epsilon)


@composed(several=True, name="layer_normalization")
def _layer_normalization(
    given: list[Array], present: tuple[bool, bool, bool], axis: int | Sequence[int], epsilon: float
) -> Tensors:
    x, gamma, beta = _placed(given, present)
    axes = normalize_axis_tuple(axis, ndim(x))
    along = [size if n in axes else 1 for n, size in enumerate(shape(x))]
    y = (x - mean(x, axes, True)) * rsqrt(var(x, axes, True) + epsilon)
    if gamma is not None:
        y = y * (gamma if ndim(gamma) == ndim(x) else reshape(gamma, along))
    return y if beta is None else y + (beta if ndim(beta) == ndim(x) else reshape(beta, along))


def rms_normalization(x: TensorLike, scale: TensorLike | None = None, axis: Axis = -1, epsilon: float | None = None) -> Array:
    """`y = scale * x / sqrt(mean(x ** 2) + epsilon)`, with the mean along the axes.

    Example:
        >>> rms_normalization(np.array([[3.0, 3.0]])).round(2)
        array([[1., 1.]])
    """
    given, present = _present(x, scale)
    return _rms_normalization(given, present, axis, default_epsilon() if epsilon is None else epsilon)


@composed(several=True, name="rms_normalization")
def _rms_normalization(given: list[Array], present: tuple[bool, bool], axis: Axis, epsilon: float) -> Array:
    x, scale = _placed(given, present)
    y = x * rsqrt(mean(square(x), axis, True) + epsilon)
    return y if scale is None else y * scale


@composed()
def normalize(x: TensorLike, axis: Axis = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """X divided by its norm along an axis: `y = x / max(norm(x), epsilon)`.

    Example:
        >>> normalize([[3.0, 4.0]]).round(2)
        array([[0.6, 0.8]], dtype=float32)
    """
    smallest = default_epsilon() if epsilon is None else epsilon
    if order != int(order) or order < 1:
        raise ValueError(f"normalize expects order to be an integer of at least 1, got {order!r}")
    if order == 2:
        return x * minimum(rsqrt(total(square(x), axis, True)), 1.0 / smallest)
    return x / maximum(norm(x, order, axis, True), smallest)
