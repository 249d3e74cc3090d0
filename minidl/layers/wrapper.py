"""`Wrapper`: base class of layers that wrap another layer."""

from __future__ import annotations

import copy
from typing import Any, Unpack

from minidl.activations import ActivationFunction
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Options, Shape, Tensors
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.passes import LayerCache
from minidl.layers.recurrent.cell_loop import with_states


class Wrapper(Layer):
    """Wraps a layer, `self.layer`, and behaves like it: the base class of layers that change how another one runs.

    Input kind, masks, penalties, shapes, checks and the final activation are those of the inner layer. A custom wrapper
    overrides what it changes. It calls the inner layer with `_forward`, `_infer` and `_backward`, as models do, so that
    masks and penalties are included. In Keras the base class has no `call`.

    Args:
        layer: the layer to wrap.
        **kwargs: `name`, `trainable`, `input_shape` and what every `Layer` takes; `dtype` is the inner layer's by default.
    Shapes:
        x and y: those of the inner layer.
    Raises:
        ValueError: `layer` is not a layer.
    Example:
        >>> from minidl.layers import Dense
        >>> Wrapper(Dense(2))(np.ones((4, 3))).shape
        (4, 2)
    """

    def __init__(self, layer: object, **kwargs: Unpack[LayerOptions]) -> None:
        if not isinstance(layer, Layer):
            made = f"; create a layer: {layer.__name__}(...)" if isinstance(layer, type) and issubclass(layer, Layer) else ""
            raise ValueError(f"{type(self).__name__} expects a layer to hold, such as Dense(8), got {layer!r}{made}")
        super().__init__(**kwargs)
        self._dtype = layer._dtype if kwargs.get("dtype") is None else self._dtype
        self.layer: Layer = layer
        self.input_dtype, self.output_dtype = layer.input_dtype, layer.output_dtype

    def bind_call(self, *inputs: Any, initial_state: Tensors = None, **options: Any) -> tuple[Arrays, Options]:
        """The inner layer's inputs; several tensors are passed by position, `initial_state` also by keyword."""
        x, options = super().bind_call(*inputs, **options)
        return with_states(x, initial_state), options

    def build(self, input_shape: Shape) -> None:
        """Build the inner layer for the same input."""
        self.layer.build_for(input_shape)

    def forward(self, x: Array, training: bool = False, mask: Array | None = None, **options: object) -> tuple[Arrays, object]:
        """The inner layer's output and cache."""
        y, cache, _ = self.layer._forward(x, mask, training, **options)
        return y, cache

    def infer(self, x: Array, mask: Array | None = None, **options: object) -> Tensors:
        """The inner layer's output in inference mode."""
        return self.layer._infer(x, mask, **options)[0]

    def backward(self, dy: Tensors, cache: Cache) -> Tensors:
        """The inner layer's `dx`."""
        return self.layer._backward(dy, cache)

    def backward_weights(self, dy: Array, cache: LayerCache) -> None:
        """The inner weights' gradients, without `dx`."""
        self.layer._backward(dy, cache, weights_only=True)

    def penalty(self, cache: Cache) -> float:
        """The inner layer's penalty."""
        return self.layer._penalty(cache)

    @property
    def has_penalty(self) -> bool:
        return self.activity_regularizer is not None or self.layer.has_penalty

    def compute_mask(self, inputs: Array, previous_mask: Array | None = None) -> Tensors:
        """The inner layer's output mask."""
        return self.layer.compute_mask(inputs, previous_mask)

    def expected_mask_shape(self, mask_shape: Shape, input_shape: Shape) -> AnyShapes:
        """The mask shape that the inner layer expects."""
        return self.layer.expected_mask_shape(mask_shape, input_shape)

    def compute_output_shape(self, input_shape: Shape) -> AnyShapes:
        return self.layer.compute_output_shape(input_shape)

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.layer.check_input(shape)

    def split_activation(self) -> tuple[Layer, ActivationFunction] | None:
        """The same wrapper around the inner layer without its softmax or sigmoid, and that activation."""
        split = None if self.activity_regularizer is not None else self.layer.split_activation()
        if split is None:
            return None
        linear = copy.copy(self)
        linear.layer = split[0]
        return linear, split[1]

    def _as_array(self, x: Array) -> Array:
        return self.layer._as_array(x)  # the inner layer casts for itself
