"""`Pipeline`: several layers, one after the other, as one layer."""

from collections.abc import Mapping, Sequence
from typing import Any

from minidl.config.types import Shape, Tensors
from minidl.layers.added_losses import augments_by_default, training_of_call
from minidl.layers.layer import Layer


class Pipeline(Layer):
    """Applies layers one after the other, to images or to a dict of images and what belongs to them.

    Args:
        layers: the layers.
        name: "pipeline" by default.
    Shapes:
        x as the first layer takes it -> y of the last layer.
    Example:
        >>> from minidl.layers import RandomInvert, Rescaling
        >>> Pipeline([RandomInvert((1.0, 1.0)), Rescaling(1 / 255)])([[[255.0], [0.0]]], training=True)[0, :, 0]
        array([0., 1.], dtype=float32)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        self.layers = list(layers)

    def call(self, inputs: object, training: bool = True) -> Tensors:
        """`y = last(... first(x))`."""
        for layer in self.layers:
            inputs = layer(inputs, training=training or augments_by_default())
        return inputs

    def __call__(self, *args: Any, **kwargs: Any) -> Tensors:
        """Apply the layers to arrays, symbolic tensors, or a dict of images and what belongs to them."""
        data = args[0] if args else kwargs.get("inputs")
        kwargs["training"] = training_of_call(kwargs, data)
        if isinstance(data, Mapping):
            return self.call(data, bool(kwargs["training"]))
        return super().__call__(*args, **kwargs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape
