"""Shapes: the same numbers arranged anew, joined, parted, picked."""

from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.graph.symbolic import Size, SymbolicTensor
from minidl.ops.op import op


@op()
def reshape(x: Any, newshape: Any) -> Any:
    """X in another shape; one size may be -1, and `None` (an unknown size, as of a batch) counts as -1."""
    sizes = newshape if isinstance(newshape, (tuple, list)) else (newshape,)
    return np.reshape(x, [-1 if size is None else size for size in sizes])


reshape.has(lambda dy, y, x, newshape: dy.reshape(x.shape))


@op()
def ravel(x: Any) -> Any:
    """All numbers in a row."""
    return np.ravel(x)


ravel.has(lambda dy, y, x: dy.reshape(x.shape))


@op()
def transpose(x: Any, axes: Any = None) -> Any:
    """The axes in another order; turned round by default."""
    return np.transpose(x, axes)


transpose.has(lambda dy, y, x, axes: dy.transpose(None if axes is None else np.argsort([a % x.ndim for a in axes])))


@op()
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes in each other's place."""
    return np.swapaxes(x, axis1, axis2)


swapaxes.has(lambda dy, y, x, axis1, axis2: dy.swapaxes(axis1, axis2))


@op()
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to other places."""
    return np.moveaxis(x, source, destination)


moveaxis.has(lambda dy, y, x, source, destination: np.moveaxis(dy, destination, source))


@op()
def expand_dims(x: Any, axis: Any) -> Any:
    """A new axis of size 1."""
    return np.expand_dims(x, axis)


expand_dims.has(lambda dy, y, x, axis: dy.reshape(x.shape))


@op()
def squeeze(x: Any, axis: Any = None) -> Any:
    """Without its axes of size 1."""
    return np.squeeze(x, axis)


squeeze.has(lambda dy, y, x, axis: dy.reshape(x.shape))


@op()
def broadcast_to(x: Any, shape: Any) -> Any:
    """Repeated to a shape; `None` leaves a size as it is."""
    own = (1,) * (len(shape) - np.ndim(x)) + np.shape(x)
    return np.broadcast_to(x, [size if wanted is None else wanted for wanted, size in zip(shape, own, strict=True)])


broadcast_to.has(lambda dy, y, x, shape: dy)  # summed over what was repeated by the operation itself


@op()
def flip(x: Any, axis: Any = None) -> Any:
    """Turned round along axes."""
    return np.flip(x, axis)


flip.has(lambda dy, y, x, axis: np.flip(dy, axis))


@op()
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Moved along axes; what leaves at one end comes in at the other."""
    return np.roll(x, shift, axis)


roll.has(lambda dy, y, x, shift, axis: np.roll(dy, np.negative(shift), axis))


@op()
def repeat(x: Any, repeats: int, axis: int | None = None) -> Any:
    """Each number so many times, one behind the other."""
    return np.repeat(x, repeats, axis)


repeat.has(lambda dy, y, x, repeats, axis: _repeat_back(dy, x, repeats, axis))


def _repeat_back(dy: Array, x: Array, repeats: int, axis: int | None) -> Any:
    if axis is None:
        return dy.reshape(-1, repeats).sum(axis=1).reshape(x.shape)
    axis %= x.ndim
    return dy.reshape(*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :]).sum(axis=axis + 1)


@op()
def tile(x: Any, repeats: Any) -> Any:
    """The whole so many times along each axis."""
    return np.tile(x, repeats)


tile.has(lambda dy, y, x, repeats: _tile_back(dy, x, repeats))


def _tile_back(dy: Array, x: Array, repeats: Any) -> Any:
    times = tuple(repeats) if isinstance(repeats, (tuple, list)) else (repeats,)
    rank = max(len(times), x.ndim)
    times, sizes = (1,) * (rank - len(times)) + times, (1,) * (rank - x.ndim) + x.shape
    pairs = [number for pair in zip(times, sizes, strict=True) for number in pair]
    return dy.reshape(pairs).sum(axis=tuple(range(0, 2 * rank, 2))).reshape(x.shape)


@op()
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float | None = None) -> Any:
    """Numbers put round x, `pad_width` before and behind along each axis; only `mode="constant"`."""
    if mode != "constant":
        raise ValueError(f"pad expects mode='constant', got {mode!r}; other borders are not there yet")
    return np.pad(x, pad_width, constant_values=0 if constant_values is None else constant_values)


pad.has(lambda dy, y, x, pad_width, mode, constant_values: _pad_back(dy, x, pad_width))


def _pad_back(dy: Array, x: Array, pad_width: Any) -> Array:
    before = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2))[:, 0]
    return dy[tuple(slice(start, start + size) for start, size in zip(before, x.shape, strict=True))]


@op(several=True)
def concatenate(xs: list[Any], axis: int = 0) -> Any:
    """Tensors side by side along an axis."""
    return np.concatenate(xs, axis)


concatenate.has(lambda dy, y, *xs, axis: np.split(dy, np.cumsum([x.shape[axis] for x in xs])[:-1], axis))


@op(several=True)
def stack(x: list[Any], axis: int = 0) -> Any:
    """Tensors of one shape along a new axis."""
    return np.stack(x, axis)


stack.has(lambda dy, y, *x, axis: [np.take(dy, n, axis) for n in range(len(x))])


@op()
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """A tuple of parts: so many of equal size, or cut at the places given."""
    return tuple(np.split(x, indices_or_sections, axis))


split.has(
    lambda dy, y, x, indices_or_sections, axis: np.concatenate(
        [np.zeros_like(part) if gradient is None else gradient for gradient, part in zip(dy, y, strict=True)], axis
    )
)


@op(tensors=2)
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """What stands at the indices along an axis, or among all numbers in a row."""
    return np.take(x, np.asarray(indices, dtype=np.intp), axis)


take.has(lambda dy, y, x, indices, axis: _take_back(dy, x, np.asarray(indices, dtype=np.intp), axis), None)


def _take_back(dy: Array, x: Array, indices: Array, axis: int | None) -> Array:
    dx = np.zeros_like(x)
    if axis is None:
        np.add.at(dx.reshape(-1), indices, dy)
    else:
        axis %= x.ndim
        places = list(range(axis, axis + indices.ndim))
        np.add.at(np.moveaxis(dx, axis, 0), indices, np.moveaxis(dy, places, list(range(indices.ndim))))
    return dx


@op(tensors=2)
def take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    """What stands at the indices, which have a place for each of x's rows."""
    return np.take_along_axis(x, np.asarray(indices, dtype=np.intp), axis)


take_along_axis.has(lambda dy, y, x, indices, axis: _take_along_back(dy, x, np.asarray(indices, dtype=np.intp), axis), None)


def _take_along_back(dy: Array, x: Array, indices: Array, axis: int) -> Array:
    dx = np.zeros_like(x)
    places: list[Any] = list(np.indices(indices.shape, sparse=True))
    places[axis] = indices
    np.add.at(dx, tuple(places), dy)
    return dx


@op()
def get_item_(x: Any, key: Any) -> Any:
    """What stands at a key that `get_item` has written in plain values."""
    return np.asarray(x)[_as_key(key)]


get_item_.has(lambda dy, y, x, key: _get_item_back(dy, x, _as_key(key)))


def get_item(x: Any, key: Any) -> Any:
    """`x[key]`: integers, slices, `None`, `...`, or arrays of places."""
    parts = key if isinstance(key, tuple) else (key,)
    return get_item_(x, key=[_written(part) for part in parts])


def _written(part: Any) -> Any:
    """A part of a key in plain values, which a file can hold."""
    if isinstance(part, slice):
        return {"slice": [part.start, part.stop, part.step]}
    return {"all": True} if part is Ellipsis else part


def _as_key(parts: list[Any]) -> tuple[Any, ...]:
    def read(part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        return slice(*part["slice"]) if "slice" in part else Ellipsis

    return tuple(map(read, parts))


def _get_item_back(dy: Array, x: Array, key: tuple[Any, ...]) -> Array:
    dx = np.zeros_like(x)
    if any(isinstance(part, (list, np.ndarray)) for part in key):
        np.add.at(dx, key, dy)  # a place may be named twice
    else:
        dx[key] = dy
    return dx


def shape(x: Any) -> tuple[Any, ...]:
    """The shape; a size that a symbolic tensor does not know yet stands there as one that operations find out.

    Example:
        >>> from minidl import Input
        >>> shape(Input((3,), name="x"))
        (<size of axis 0 of "x">, 3)
    """
    if isinstance(x, SymbolicTensor):
        return tuple(Size(x, axis) if size is None else size for axis, size in enumerate(x.shape))
    return np.shape(x)


def ndim(x: Any) -> int:
    """Number of axes."""
    return len(shape(x))
