"""Images sampled at any positions: affine, perspective and elastic transforms."""

import itertools

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.randomness import make_generator
from minidl.config.types import Array, Tensors
from minidl.kernels.interpolation import inside, interpolated, interpolated_backward
from minidl.ops.arithmetic import where
from minidl.ops.elements import get_item
from minidl.ops.image.filters import filtered, gaussian
from minidl.ops.image.formats import in_batches
from minidl.ops.matrix_products import solve
from minidl.ops.shapes import concatenate, expand_dims, ndim, reshape, shape, stack

__all__ = ["affine_transform", "elastic_transform", "map_coordinates", "perspective_transform"]

_ORDERS = {"nearest": 0, "bilinear": 1}
_FILL_MODES = ["constant", "nearest", "wrap", "mirror", "reflect"]


@operation(lambda dy, y, x, matrix, fill_value: interpolated_backward(dy, matrix), name="image.interpolate")
def interpolate(x: Array, matrix: object, fill_value: float) -> Array:
    """Images at the fixed positions of an interpolation matrix."""
    return interpolated(x, matrix, fill_value)


def sample(x: Tensors, places: list[Array], order: int, fill_mode: str, fill_value: float) -> Tensors:
    """Values of x at fractional places along its first axes, one array of places for each of them.

    Args:
        order: 0 takes the nearest element, 1 weights the two neighbors along each axis linearly.
        fill_mode: the values beyond the edge: "constant", "nearest", "wrap", "mirror" or "reflect".
    """
    if fill_mode not in _FILL_MODES:
        raise ValueError(f"fill_mode is one of {_FILL_MODES}, got {fill_mode!r}")
    neighbors = [_neighbors(place, size, order) for place, size in zip(places, shape(x))]
    y: Tensors = 0
    for corner in itertools.product(*neighbors):
        indices = [index for index, _ in corner]
        held = [inside(index, size, fill_mode) for index, size in zip(indices, shape(x))]
        value = get_item(x, tuple(held))
        follow = (Ellipsis, *[np.newaxis] * (ndim(x) - len(places)))
        if fill_mode == "constant":
            known = np.all([index == place for index, place in zip(indices, held, strict=True)], axis=0)
            value = where(known[follow], value, fill_value)
        for _, weight in corner:
            value = value if weight is None else value * get_item(weight, follow)
        y = y + value
    return y


def _neighbors(place: Tensors, size: int, order: int) -> list[tuple[Array, Array | None]]:
    """The elements that contribute to each place, and their weights."""
    if order == 0:  # half is rounded away from zero
        value = place if isinstance(place, np.ndarray) else np.array(place.value)
        return [(np.trunc(value + np.copysign(0.5, value)).astype(np.intp), None)]
    below = np.floor(place)
    share = place - below
    return [(np.asarray(below).astype(np.intp), 1 - share), (np.asarray(below).astype(np.intp) + 1, share)]


@composed(tensors=2, name="image.map_coordinates")
def map_coordinates(
    inputs: TensorLike, coordinates: TensorLike, order: int, fill_mode: str = "constant", fill_value: float = 0
) -> Array:
    """Values at coordinates, one row of them for each axis of the input; `order` is 0 (nearest) or 1 (linear).

    Example:
        >>> map_coordinates(np.array([10.0, 20.0, 30.0]), np.array([[0.5, 2.0]]), order=1)
        array([15., 30.])
    """
    if order not in (0, 1):
        raise ValueError(f"map_coordinates expects order to be 0 or 1, got {order!r}")
    if shape(coordinates)[0] != ndim(inputs):
        raise ValueError(f"coordinates have {ndim(inputs)} rows, one for each axis, got shape {tuple(shape(coordinates))}")
    y: Array = sample(inputs, [get_item(coordinates, n) for n in range(ndim(inputs))], order, fill_mode, fill_value)
    return y


def _sampled(
    x: Array | Tensor, rows: Array | Tensor, columns: Array | Tensor, interpolation: str, fill_mode: str, fill_value: float
) -> Array:
    """Images (batch, height, width, channels) at rows and columns (batch, height, width)."""
    if interpolation not in _ORDERS:
        raise ValueError(f"interpolation is 'nearest' or 'bilinear', got {interpolation!r}")
    images = [
        sample(get_item(x, n), [get_item(rows, at), get_item(columns, at)], _ORDERS[interpolation], fill_mode, fill_value)
        for n in range(shape(x)[0])
        for at in [min(n, shape(rows)[0] - 1)]  # one transform may be for all images
    ]
    return stack(images, 0)


def _batched(x: Array | Tensor, rank: int) -> Array | Tensor:
    """One argument for each image; a single one gets a batch axis."""
    return x if ndim(x) == rank else expand_dims(x, 0)


@composed(tensors=2, name="image.affine_transform")
def affine_transform(
    images: Array,
    transform: Array,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """Output pixel (x, y) is the input at `(a0 * x + a1 * y + a2, b0 * x + b1 * y + b2)`.

    Args:
        transform: (a0, a1, a2, b0, b1, b2, 0, 0) for all images or for each.
        interpolation: "bilinear" or "nearest".
        fill_mode, fill_value: the values beyond the edge, as for `map_coordinates`.
    Example:
        >>> x = np.arange(3.0).reshape(1, 3, 1)
        >>> affine_transform(x, np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]))[0, :, 0]
        array([1., 2., 0.])
    """

    def transformed(pixels: Array) -> Array:
        _, height, width, _ = shape(pixels)
        kind = np.dtype(pixels.dtype) if np.dtype(pixels.dtype).kind == "f" else np.dtype("float32")
        y, x = np.arange(height, dtype=kind)[:, np.newaxis], np.arange(width, dtype=kind)
        six = [reshape(get_item(_batched(transform, 2), (slice(None), n)), (-1, 1, 1)) for n in range(6)]
        columns = six[0] * x + six[1] * y + six[2]
        rows = six[3] * x + six[4] * y + six[5]
        return _sampled(pixels, rows, columns, interpolation, fill_mode, fill_value)

    return in_batches(transformed, images, data_format)


@composed(tensors=3, name="image.perspective_transform")
def perspective_transform(
    images: Array,
    start_points: Array,
    end_points: Array,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: str | None = None,
) -> Array:
    """The transform that moves four points (x, y) of an image to four others; points are (4, 2), or (batch, 4, 2).

    Example:
        >>> corners = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 3.0], [5.0, 3.0]])
        >>> perspective_transform(np.ones((4, 6, 3)), corners, corners[:, ::-1]).shape
        (4, 6, 3)
    """

    def transformed(pixels: Array) -> Array:
        _, height, width, _ = shape(pixels)
        y, x = np.arange(height, dtype="float32")[:, np.newaxis], np.arange(width, dtype="float32")
        eight = _homography(_batched(start_points, 3), _batched(end_points, 3))
        h = [reshape(get_item(eight, (slice(None), n)), (-1, 1, 1)) for n in range(8)]
        scale = h[6] * x + h[7] * y + 1
        rows, columns = (h[3] * x + h[4] * y + h[5]) / scale, (h[0] * x + h[1] * y + h[2]) / scale
        return _sampled(pixels, rows, columns, interpolation, "constant", fill_value)

    return in_batches(transformed, images, data_format)


def _homography(start: Array | Tensor, end: Array | Tensor) -> Array:
    """The eight numbers h of `x' = (h0 x + h1 y + h2) / (h6 x + h7 y + 1)`, y' likewise, from end points to start points."""
    start_x, start_y, end_x, end_y = start[..., 0], start[..., 1], end[..., 0], end[..., 1]
    zero, one = end_x * 0, end_x * 0 + 1
    x_rows = stack([end_x, end_y, one, zero, zero, zero, -start_x * end_x, -start_x * end_y], -1)
    y_rows = stack([zero, zero, zero, end_x, end_y, one, -start_y * end_x, -start_y * end_y], -1)
    target = expand_dims(concatenate([start_x, start_y], -1), -1)
    return reshape(solve(concatenate([x_rows, y_rows], 1), target), (-1, 8))


def elastic_transform(
    images: TensorLike,
    alpha: float = 20.0,
    sigma: float = 5.0,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
    seed: int | None = None,
    data_format: str | None = None,
) -> Array:
    """Images distorted by random shifts, smoothed by a Gaussian of width `sigma` and scaled by `alpha`.

    Args:
        seed: an integer, a `SeedGenerator`, or `None`; each image and each run of a model gets other shifts.
        interpolation, fill_mode, fill_value: as for `affine_transform`.
    Source: Simard et al. 2003.
    Example:
        >>> elastic_transform(np.ones((4, 6, 3)), sigma=1.0, seed=0).shape
        (4, 6, 3)
    """
    generator = getattr(seed, "generator", None) or make_generator(seed)
    return _elastic_transform(images, alpha, sigma, interpolation, fill_mode, fill_value, generator, data_format)


@composed(name="image.elastic_transform")
def _elastic_transform(
    images: Array,
    alpha: float,
    sigma: float,
    interpolation: str,
    fill_mode: str,
    fill_value: float,
    generator: np.random.Generator,
    data_format: str | None,
) -> Array:

    def transformed(pixels: Array) -> Array:
        count, height, width, _ = shape(pixels)
        rows, columns = elastic_positions(generator, count, height, width, alpha, sigma)
        return _sampled(pixels, rows, columns, interpolation, fill_mode, fill_value)

    return in_batches(transformed, images, data_format)


def elastic_positions(
    generator: np.random.Generator, count: int, height: int, width: int, alpha: float, sigma: float
) -> tuple[Array, Array]:
    """Rows and columns of the pixels, shifted by smoothed noise, (count, height, width) each."""
    weights = gaussian(int(6 * sigma) | 1, sigma)
    noise = generator.standard_normal((2 * count, height, width, 1), "float32") * np.float32(sigma)
    shifts = filtered(noise, np.outer(weights, weights), "same")[..., 0] * np.float32(alpha)
    return np.arange(height)[:, np.newaxis] + shifts[:count], np.arange(width) + shifts[count:]
