"""`Identity`: returns its input."""

from minidl.config.types import Array
from minidl.layers.same_shape import SameShape


class Identity(SameShape):
    """`y = x`: a placeholder for a layer.

    Shapes:
        x (batch, ...) -> y of the same shape.
    Example:
        >>> Identity()([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = x`."""
        return x, None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx = dy`."""
        return dy
