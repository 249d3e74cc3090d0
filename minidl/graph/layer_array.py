"""`LayerArray`: an array inside `call` in inference mode."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.config.types import Array, DType, Tensors

_inside_call: ContextVar[bool] = ContextVar("inside_call", default=False)
is_inside_call = _inside_call.get  # whether code with `call` runs in inference mode


class LayerArray(np.ndarray[Any, Any]):
    """A read-only array that carries its mask to the next layer, as Keras's tensors do.

    `x += y` makes a new array, as for tracked tensors, so `call` never changes its caller's arrays.
    """

    _keras_mask: Array | None = None

    def __array_finalize__(self, source: object) -> None:
        """Results of NumPy functions have no mask; layers propagate masks."""

    if not TYPE_CHECKING:  # which would miss ndarray's overloads
        __iadd__ = np.ndarray.__add__
        __isub__ = np.ndarray.__sub__
        __imul__ = np.ndarray.__mul__
        __itruediv__ = np.ndarray.__truediv__
        __ipow__ = np.ndarray.__pow__
        __imatmul__ = np.ndarray.__matmul__
        __ifloordiv__ = np.ndarray.__floordiv__
        __imod__ = np.ndarray.__mod__
        __iand__ = np.ndarray.__and__
        __ior__ = np.ndarray.__or__
        __ixor__ = np.ndarray.__xor__

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))  # like any array

    def numpy(self) -> Array:
        """A plain copy, as a tracked tensor has it."""
        return np.array(self)


@contextmanager
def inside_call() -> Iterator[None]:
    """Context in which called layers return `LayerArray`s."""
    token = _inside_call.set(True)
    try:
        yield
    finally:
        _inside_call.reset(token)


def as_layer_array(x: object, mask: Any) -> Tensors:
    """A view of an array with its mask; anything else is returned unchanged."""
    if not isinstance(x, np.ndarray):
        return x
    view = x.view(LayerArray)
    if mask is not None:
        view._keras_mask = mask
    view.flags.writeable = False
    return view


def mask_of(x: object) -> Array | None:
    """The mask that an array carries, if any."""
    return x._keras_mask if isinstance(x, LayerArray) else None


def plain(x: Array) -> Array:
    """The array without its mask."""
    return x.view(np.ndarray) if isinstance(x, LayerArray) else x


def as_array(value: Array, dtype: DType) -> Array:
    """The result of `call` as a plain array, floats with the given dtype."""
    array = np.asarray(value)
    return array.astype(dtype) if array.dtype.kind == "f" and array.dtype != dtype else array
