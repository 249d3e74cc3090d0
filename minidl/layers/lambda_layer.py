"""`Lambda`: a layer made of a function of arrays."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.layers.layer import Layer
from minidl.layers.shapes import flatten_shapes, infer_output_shape, is_shape, map_shapes, map_structure, shape_of


class Lambda(Layer):
    """Applies a function: `y = function(x, **arguments)`.

    Nothing here can differentiate a function. Without a `backward`, the layer stands where no gradient has to pass, at the
    beginning of a model. A function that names an argument `mask` or `training` is given it. It gets arrays that it cannot
    write to.

    A file holds names, never code. A model with a `lambda` in it cannot be saved; one with a named function can, and is loaded
    where that is registered with `minidl.saving.register_keras_serializable`. For more than a line or two, write a `Layer`.

    Args:
        function: `function(x, **arguments) -> y`, for arrays with a batch axis; x is a list where there are several inputs.
        output_shape: the output's shape without its batch axis, or a function from the input's shape to the output's, batch
            axes included; found by running the function where it is `None`.
        mask: the mask that goes on, or a function `(x, previous_mask)` that makes it; none by default, as in Keras.
        arguments: a dict of further keyword arguments.
        backward: `backward(dy, x, y, **arguments) -> dx`, the gradient of x from that of y. Keras has no such argument.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y (batch, ...).
    Raises:
        TypeError: `function`, `backward`, `mask` or `output_shape` is not what it has to be, or a gradient has to pass and
            there is no `backward`.
        ValueError: `backward` gave another shape than x has.
    Example:
        >>> Lambda(lambda x: x**2, backward=lambda dy, x, y: 2 * x * dy)([[1.0, 3.0]])
        array([[1., 9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        *,
        backward: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for argument, given in (("function", function), ("backward", backward)):
            if not callable(given) and not (argument == "backward" and given is None):
                raise TypeError(f"Lambda expects {argument} to be a function of arrays, got {given!r}")
        if output_shape is not None and not isinstance(output_shape, (tuple, list)) and not callable(output_shape):
            raise TypeError(
                f"Lambda expects output_shape to be a tuple, without the batch axis, or a function, got {output_shape!r}"
            )
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.arguments = arguments or {}
        self._gradient = backward  # `backward` is the method
        self.supports_masking = mask is not None
        self._takes = _named_by(function)  # type: ignore[misc]  # each function names its own

    def forward(self, x: Any, training: bool = False, mask: Any = None) -> tuple[Any, Any]:
        """`y = function(x)`."""
        given = {"mask": mask, "training": training}
        y = self._call(self.function, given, map_structure(_read_only, x))
        return y, (x, y, given)

    def backward(self, dy: Any, cache: Any) -> Any:
        """What the function given as `backward` makes of it: `dx`."""
        x, y, given = cache
        if self._gradient is None:
            raise TypeError(
                f"{self.title} has no backward, and a gradient has to pass: layers before it learn, or dx is asked for; give "
                f"it one, Lambda(function, backward=...), where backward(dy, x, y) returns dx, or write a Layer"
            )
        dx = self._call(self._gradient, given, *(map_structure(_read_only, one) for one in (dy, x, y)))
        if shape_of(dx) != shape_of(x):
            raise ValueError(f"{self.title}: backward returns dx, in the shape of x, {shape_of(x)}, got {shape_of(dx)}")
        return dx

    def backward_weights(self, dy: Any, cache: Any) -> None:
        """Nothing: there are no weights."""

    def compute_mask(self, x: Any, previous_mask: Any) -> Any:
        """What `mask` says."""
        return self.mask(x, previous_mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """What `output_shape` says; found by running the function where it says nothing."""
        if callable(self.output_shape):
            return self.output_shape(input_shape)
        if self.output_shape is not None:
            batch = flatten_shapes(input_shape)[0][0]
            announced = tuple(self.output_shape) if is_shape(tuple(self.output_shape)) else self.output_shape
            return map_shapes(lambda shape: (batch, *shape), announced)
        try:
            return infer_output_shape(self, input_shape)
        except Exception as error:
            error.add_note(f"{self.title} can be told its output's shape: Lambda(function, output_shape=...)")
            raise

    def get_config(self) -> dict[str, Any]:
        """The arguments, among them the function given for `backward`."""
        return super().get_config() | {"backward": self._gradient}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.function, '__name__', repr(self.function))})"

    def _call(self, function: Callable[..., Any], given: dict[str, Any], *arrays: Any) -> Any:
        """What the function gives, as arrays of the layer's type; whole numbers and booleans stay what they are."""
        named = {name: given[name] for name in _named_by(function)}
        return map_structure(self._in_type, function(*arrays, **self.arguments | named))

    def _in_type(self, y: Any) -> Array:
        array = np.asarray(y)
        return array.astype(self._dtype) if array.dtype.kind == "f" and array.dtype != self._dtype else array


def _named_by(function: Callable[..., Any]) -> frozenset[str]:
    """Which of "mask" and "training" a function names as arguments."""
    try:
        return frozenset(inspect.signature(function).parameters) & {"mask", "training"}
    except ValueError:  # a builtin that does not tell its arguments
        return frozenset()


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
