"""`Lambda`: a layer made of a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np

from minidl.autodiff import Recording, TrackedTensor, active_recording, not_recording, value_of
from minidl.autodiff.tensor import Tensor
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import AnyShapes, Array, Masks, MaybeNone, Options, Tensors
from minidl.graph.layer_array import as_array
from minidl.graph.shapes import flatten_shapes, is_shape, map_shapes, map_structure, shape_of
from minidl.layers.call_arguments import names_of
from minidl.layers.layer import Layer
from minidl.layers.shapes import infer_output_shape

if TYPE_CHECKING:  # a first prediction does not wait for this import
    from minidl.layers.options import LayerOptions


class Lambda(Layer):
    """Applies a function: `y = function(x, **arguments)`.

    The function runs at every step. It may use operators, NumPy functions, `minidl.ops` and layers, and is recorded during
    training, so that gradients flow through it. With other functions it needs a `backward` if layers before it are trained. An
    argument named `mask` or `training` is passed to it. Its inputs are read-only.

    Files hold names, never code. A model with a `lambda` cannot be saved; with a named function it can, if that is registered
    with `minidl.saving.register_keras_serializable`. For more than a line or two, write a `Layer`.

    Args:
        function: `function(x, **arguments) -> y`, for arrays with a batch axis; x is a list if there are several inputs.
        output_shape: the output's shape without its batch axis, or a function from the input's shape to the output's, batch
            axes included; found by running the function by default.
        mask: the mask for the next layer, or a function `(x, previous_mask)` that returns it; `None` by default, as in Keras.
        arguments: a dict of further keyword arguments.
        backward: `backward(dy, x, y, **arguments) -> dx`, the gradient of x from that of y. Keras has no such argument.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y (batch, ...).
    Raises:
        TypeError: `function`, `backward`, `mask` or `output_shape` has the wrong type, or the function uses another one
            without a known gradient during training.
        ValueError: `backward` returned another shape than that of x.
    Example:
        >>> Lambda(lambda x: x**2)([[1.0, 3.0]])
        array([[1., 9.]], dtype=float32)
    """

    def __init__(
        self,
        function: Callable[..., object],
        output_shape: Sequence[int | None] | Callable[..., object] | None = None,
        mask: Array | Callable[..., Array | None] | None = None,
        arguments: Options | None = None,
        *,
        backward: Callable[..., object] | None = None,
        **kwargs: Unpack[LayerOptions],
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

    def call(self, inputs: Tensors, mask: Array | list[Array | None] | None = None, training: bool | None = None) -> Tensors:
        """`y = function(inputs)`."""
        given = {"mask": mask, "training": bool(training)}
        recording = active_recording()
        if recording is None or self._gradient is None:
            return self._run(self.function, given, inputs)
        return self._with_gradient(recording, inputs, given)

    def _with_gradient(self, recording: Recording, x: Tensor, given: Options) -> Tensor:
        """The function as one recorded operation with the given `backward`."""
        parts = flatten(x)
        arrays = map_structure(_read_only, rebuild(x, list(map(value_of, parts))) if is_structure(x) else value_of(x))
        with not_recording():
            y = map_structure(np.asarray, self._run(self.function, given, arrays))

        def backward(dys: list[Array | None], wanted: list[bool]) -> list[Array | None]:
            dy = map_structure(_read_only, rebuild(y, dys) if is_structure(y) else dys[0])
            dx = self._run(self._gradient, given, dy, arrays, map_structure(_read_only, y))
            if shape_of(dx) != shape_of(arrays):
                raise ValueError(
                    f"{self.title}: backward returns dx, in the shape of x, {shape_of(arrays)}, got {shape_of(dx)}"
                )
            return flatten(dx)

        sources = [part if isinstance(part, TrackedTensor) else None for part in parts]
        outputs = recording.record([as_array(one, self._dtype) for one in flatten(y)], sources, backward)
        return rebuild(y, list(outputs)) if is_structure(y) else outputs[0]

    def compute_mask(self, inputs: Array, mask: Masks = None) -> Masks:
        """The mask given by the argument `mask`."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        """The shape given by `output_shape`, or found by running the function."""
        if callable(self.output_shape):
            return self.output_shape(input_shape)
        if self.output_shape is not None:
            batch = flatten_shapes(input_shape)[0][0]
            declared = tuple(self.output_shape) if is_shape(tuple(self.output_shape)) else self.output_shape
            return map_shapes(lambda shape: (batch, *shape), declared)
        return infer_output_shape(self, input_shape)

    @property
    def uses_mask(self) -> bool:
        """Whether the function names an argument `mask`."""
        return "mask" in names_of(self.function)

    @property
    def declares_shape(self) -> bool:
        """Whether `output_shape` was given."""
        return self.output_shape is not None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.function, '__name__', repr(self.function))})"

    def _run(self, function: Callable[..., Tensors] | MaybeNone, given: Options, *tensors: Tensors) -> Tensors:
        """The function of tensors, with `mask` and `training` if it names them."""
        return function(*tensors, **self.arguments | {name: given[name] for name in names_of(function) & set(given)})


def _read_only(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
