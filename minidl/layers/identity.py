"""`Identity`: returns its input."""

from typing import Any

from minidl.config.types import Array
from minidl.layers.layer import Layer


class Identity(Layer):
    """`y = x`: a placeholder for a layer.

    Args:
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape.
    Example:
        >>> Identity()([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    supports_masking = True

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = x`."""
        return x, None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx = dy`."""
        return dy

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape
