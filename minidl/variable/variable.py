"""`Variable`: a named array with its gradient, next to its neighbors in one contiguous buffer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minidl.autodiff import TABLE, Operation, Tensor, value_of
from minidl.autodiff.recording import ACTIVE
from minidl.config import registry
from minidl.config.settings import floatx
from minidl.config.types import Array, ArrayLike, DTypeLike, InitializerLike, Options, State, Tensors
from minidl.kernels.products import matmul
from minidl.variable.buffer import ParameterBuffer

if TYPE_CHECKING:
    from minidl.autodiff.tensor import TensorLike


class Variable(Tensor):
    """A weight or a piece of a layer's state: `value` and `grad`, two arrays of one shape.

    Both are written in place, never replaced, so all references to them see every change. The first model or optimizer that
    uses the variable moves it, once, into a contiguous buffer next to the others. Operators and NumPy functions compute with
    the value; inside `call`, while a model trains, they are recorded.

    Args:
        initializer: an array, a callable `(shape, dtype) -> array`, or an initializer's name.
        shape: tuple of ints; needed with a callable or a name, found from an array.
        dtype: name of the type; `floatx()` by default.
        trainable: whether an optimizer may change it.
        name: its name in its layer ("kernel").
        regularizer: a penalty on its value, added once a step.
        constraint: a function of its value, applied after each update.
    Raises:
        ValueError: an array of another shape is assigned to the value or the gradient.
    Example:
        >>> w = Variable([[1.0, 2.0]], name="kernel")
        >>> _ = w.assign([[3.0, 4.0]]); w.grad += 1; w.value, w.grad
        (array([[3., 4.]], dtype=float32), array([[1., 1.]], dtype=float32))
    """

    is_variable: ClassVar[bool] = True

    def __init__(
        self,
        initializer: InitializerLike | ArrayLike,
        shape: Sequence[int] | None = None,
        dtype: DTypeLike = None,
        trainable: bool = True,
        name: str = "variable",
        regularizer: Any = None,
        constraint: Callable[[Array], Array] | None = None,
    ) -> None:
        kind = np.dtype(dtype or floatx())
        if isinstance(initializer, str):
            initializer = registry.shortcut(initializer, "initializers", {"uniform": "RandomUniform", "normal": "RandomNormal"})
        made = initializer(tuple(shape or ()), kind) if callable(initializer) else initializer
        value = np.array(made, dtype=kind, order="C")  # a copy: the variable alone writes it
        if shape is not None and value.shape != tuple(shape):
            raise ValueError(f'variable "{name}" has shape {tuple(shape)}, but its initial value has shape {value.shape}')
        self.name, self.path, self.trainable = name, name, trainable
        self.is_state = not trainable  # a layer's state never becomes trainable; a frozen weight may
        self.is_carried = False  # a state that continues from batch to batch, and is not among the layer's weights
        self.regularizer, self.constraint = regularizer, constraint
        self.shape: tuple[int, ...] = value.shape
        self.is_allocated = False  # whether it was moved into a buffer with others
        self.grad_is_zero = False  # set it to make the gradient zero; zeros are written only when it is read or added to
        buffer = ParameterBuffer(value.size, kind)
        buffer.value[:] = value.ravel()
        self._move_to(buffer, 0, value.size)

    def _move_to(self, buffer: ParameterBuffer, start: int, size: int) -> None:
        self.buffer, self.start, self.stop = buffer, start, start + size
        self._value = buffer.value[self.start : self.stop].reshape(self.shape)
        self._grad = buffer.grad[self.start : self.stop].reshape(self.shape)

    array = property(attrgetter("_value"), doc="The array itself, of `shape`.")  # without a Python call, since it is read often

    @property
    def value(self) -> Tensors:
        """The array itself, or, in code that is being recorded, a tensor that represents it; assigning writes in place."""
        recording = ACTIVE.get()
        return self._value if recording is None else recording.track_variable(self)

    @value.setter
    def value(self, value: ArrayLike) -> None:
        self.assign(value)

    @property
    def grad(self) -> Array:
        """The gradient, of `shape`: `+=` adds to it in place."""
        if self.grad_is_zero:
            self._grad.fill(0)
            self.grad_is_zero = False
        return self._grad

    @grad.setter
    def grad(self, grad: Array) -> None:
        if grad is not self._grad:
            if np.shape(grad) != self.shape:
                raise ValueError(f'variable "{self.name}" has shape {self.shape}, got a gradient of shape {np.shape(grad)}')
            self._grad[...] = grad
            self.grad_is_zero = False

    def add_product(self, one: Array, other: Array) -> None:
        """`grad += one @ other`: a step's first product is written straight into the gradient."""
        if self.grad_is_zero and one.dtype == other.dtype == self._grad.dtype:
            matmul(one, other, out=self._grad)
            self.grad_is_zero = False
        else:
            self.grad += matmul(one, other)

    def assign(self, value: ArrayLike) -> Tensors:
        """Write a new value in place, and return a copy of it; what was recorded before keeps the old one."""
        array = np.asarray(value_of(value))
        if array.shape != self.shape:
            raise ValueError(f'variable "{self.name}" has shape {self.shape} and cannot take a value of shape {array.shape}')
        if (recording := ACTIVE.get()) is not None:
            recording.assign(self, value)
        self._value[...] = array
        return self._value.copy() if recording is None else value

    def assign_add(self, value: object) -> Tensors:
        """Add to the value in place, and return a copy of it."""
        return self.assign(self + value)

    def assign_sub(self, value: object) -> Tensors:
        """Subtract from the value in place, and return a copy of it."""
        return self.assign(self - value)

    @property
    def dtype(self) -> str:
        """Name of the element type, as Keras gives it."""
        return self._value.dtype.name

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._value.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._value.size

    def numpy(self) -> Array:
        """A copy of the value."""
        return self._value.copy()

    def apply(self, operation: Operation, tensors: Sequence[TensorLike], options: Options) -> Tensors:
        """Compute the operation; record it if a recording is active."""
        recording = ACTIVE.get()
        if recording is not None:
            return recording.apply(operation, tensors, options)
        return operation.compute([t.array if isinstance(t, Variable) else t for t in tensors], options)

    def apply_unknown(self, name: str, function: Callable[..., object], args: Sequence[object], kwargs: Options) -> Tensors:
        """Compute a NumPy function that has no operation; raise an error if a recording is active."""
        recording = ACTIVE.get()
        if recording is not None:
            return recording.track_variable(self).apply_unknown(name, function, args, kwargs)
        return function(*_arrays_of(args), **kwargs)

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> Array:
        recording = ACTIVE.get()
        if recording is not None:
            recording.track_variable(self).__array__()
        return np.array(self._value, dtype=dtype, copy=copy)

    def __eq__(self, other: object) -> Tensors:
        """Compare with an array or a number element by element; variables are equal to themselves alone, as in lists."""
        return self is other if other is None or isinstance(other, Variable) else TABLE["equal"](self, other)

    def __ne__(self, other: object) -> Tensors:
        return self is not other if other is None or isinstance(other, Variable) else TABLE["not_equal"](self, other)

    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __index__(self) -> int:
        return self._value.__index__()

    def __round__(self, digits: int | None = None) -> Array:
        return np.round(self._value, digits or 0)

    def __format__(self, spec: str) -> str:
        return format(self._value[()], spec) if spec else str(self)

    def __getstate__(self) -> State:
        return {key: item for key, item in self.__dict__.items() if key not in ("_value", "_grad")}

    def __setstate__(self, state: State) -> None:
        self.__dict__.update(state)
        self._move_to(self.buffer, self.start, self.stop - self.start)

    def __repr__(self) -> str:
        return f"<Variable {self.name}, shape={self.shape}, dtype={self.dtype}, trainable={self.trainable}>"


def _arrays_of(args: Tensors) -> Tensors:
    """Arguments of a NumPy function with arrays instead of variables, also inside lists and tuples."""
    if isinstance(args, Variable):
        return args.array
    return type(args)(map(_arrays_of, args)) if type(args) in (list, tuple) else args
