"""`SameShape`: base of layers whose output has the shape of their input."""

from minidl.config.types import AnyShapes
from minidl.layers.layer import Layer


class SameShape(Layer):
    """A layer whose output has the shape and the mask of its input."""

    supports_masking = True

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        return input_shape
