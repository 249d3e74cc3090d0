"""`TrackedTensor`: an array inside code that is being recorded."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from minidl.autodiff.table import TABLE
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.types import Array, Axis, DType, DTypeLike, Options, Tensors

if TYPE_CHECKING:
    from minidl.autodiff.operation import Operation
    from minidl.autodiff.recording import Recording


class TrackedTensor(Tensor):
    """An array with its recording. Behaves like a read-only array.

    Attributes:
        value: the array.
        has_weights: whether it depends on weights.
        mask: mask of the time steps, for the next layer; `None` for all.
    """

    __slots__ = ("_recording", "has_weights", "mask", "value")

    def __init__(self, value: Array, recording: Recording, has_weights: bool = False, mask: Array | None = None) -> None:
        self.value, self.has_weights, self.mask = value, has_weights, mask
        self._recording = weakref.ref(
            recording
        )  # weak, as the recording holds its tensors: without cycles memory is freed at once

    @property
    def _keras_mask(self) -> Array | None:
        """The mask, under Keras's name."""
        return self.mask

    @_keras_mask.setter
    def _keras_mask(self, mask: Array | None) -> None:
        self.mask = mask

    @property
    def recording(self) -> Recording:
        """The recording that the tensor belongs to.

        Raises:
            ValueError: it has ended and was freed.
        """
        recording = self._recording()
        if recording is None:
            raise ValueError(f"{self!r} belongs to a call that has ended; keep x.numpy() instead of the tensor")
        return recording

    def apply(self, operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Compute the operation and record it."""
        return self.recording.apply(operation, tensors, options)

    def apply_unknown(self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Options) -> Array:
        """Raise TypeError for a function without a known gradient."""
        raise TypeError(
            f"{name} has no known gradient, so {self.recording.title} cannot be trained through it; use minidl.ops or a NumPy "
            f"function that has one, take x.numpy() for a value through which no gradient flows, or derive a class "
            f"from Layer or Loss that defines forward and backward"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self.value.shape

    @property
    def dtype(self) -> DType:
        """Element type."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.value.size

    @property
    def T(self) -> Array:  # noqa: N802  # NumPy's name
        """The axes in reverse order."""
        return TABLE["transpose"](self)

    def numpy(self) -> Array:
        """A copy of the value, without a gradient."""
        return self.value.copy()

    def item(self) -> Any:
        """The value of a tensor of one element, as a Python number, without a gradient."""
        return self.value.item()

    def astype(self, dtype: DTypeLike) -> Array:
        """The tensor in another type."""
        return TABLE["cast"](self, np.dtype(dtype).name)

    def reshape(self, *shape: Any) -> Array:
        """The tensor in another shape."""
        return TABLE["reshape"](self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: object) -> Array:
        """The axes in another order, reversed by default."""
        return TABLE["transpose"](self, (axes[0] if len(axes) == 1 else axes) or None)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Sum along axes."""
        return TABLE["sum"](self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Mean along axes."""
        return TABLE["mean"](self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Largest element along axes."""
        return TABLE["max"](self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Smallest element along axes."""
        return TABLE["min"](self, axis=axis, keepdims=keepdims)

    def flatten(self) -> Array:
        """The tensor with one axis."""
        return TABLE["ravel"](self)

    ravel = flatten

    def squeeze(self, axis: Axis = None) -> Array:
        """The tensor without axes of size 1."""
        return TABLE["squeeze"](self, axis=axis)

    def swapaxes(self, axis1: int, axis2: int) -> Array:
        """The tensor with two axes exchanged."""
        return TABLE["swapaxes"](self, axis1, axis2)

    def repeat(self, repeats: object, axis: int | None = None) -> Array:
        """The tensor with each element repeated."""
        return TABLE["repeat"](self, repeats, axis)

    def clip(self, min: TensorLike | None = None, max: object = None) -> Array:
        """The tensor limited to an interval."""
        return TABLE["clip"](self, -np.inf if min is None else min, np.inf if max is None else max)

    def var(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Variance along axes."""
        return TABLE["var"](self, axis=axis, keepdims=keepdims)

    def std(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Standard deviation along axes."""
        return TABLE["std"](self, axis=axis, keepdims=keepdims)

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Array:
        """Product along axes."""
        return TABLE["prod"](self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Array:
        """Cumulative sum along an axis."""
        return TABLE["cumsum"](self, axis)

    def dot(self, other: object) -> Array:
        """Product with a matrix or a vector."""
        return TABLE["dot"](self, other)

    def argmax(self, axis: Axis = None) -> Array:
        """Index of the largest element, without a gradient."""
        return TABLE["argmax"](self, axis)

    def argmin(self, axis: Axis = None) -> Array:
        """Index of the smallest element, without a gradient."""
        return TABLE["argmin"](self, axis)

    def any(self, axis: Axis = None) -> Array:
        """True where any element is, without a gradient."""
        return TABLE["any"](self, axis)

    def all(self, axis: Axis = None) -> Array:
        """True where all elements are, without a gradient."""
        return TABLE["all"](self, axis)

    def copy(self) -> TrackedTensor:
        """The tensor itself, which cannot be changed."""
        return self

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:
        raise TypeError(
            f"{self!r} is part of {self.recording.title}, which is being recorded, and would lose its gradient as an array; "
            f"use minidl.ops or NumPy functions on it, or x.numpy() for a value through which no gradient flows"
        )

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Array]:
        return (self[row] for row in range(len(self.value)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return self.value.__index__()

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<tracked tensor of shape {self.shape} and type {self.dtype}>"


def value_of(x: Tensors) -> Tensors:
    """The arrays of tracked tensors and variables, also in lists and tuples; anything else is returned unchanged."""
    if isinstance(x, TrackedTensor):
        return x.value
    if isinstance(x, Tensor) and x.is_variable:
        return np.asarray(x.array)  # type: ignore[attr-defined]  # a Variable, which lies above
    return type(x)(map(value_of, x)) if type(x) in (list, tuple) else x
