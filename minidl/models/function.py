"""`Function`: the layers and operations between symbolic tensors, as something to call."""

from typing import Any

from minidl.layers.layer import Layer
from minidl.models.model import Model


class Function:
    """Computes `outputs` from `inputs`; without `fit`, unlike a `Model` of the same tensors.

    Args:
        inputs: symbolic tensors made by `Input`; one, or a list, tuple or dict of them.
        outputs: symbolic tensors that depend on them.
        name: "function" by default.
    Example:
        >>> from minidl import Input
        >>> x = Input((2,))
        >>> Function(x, 2 * x)([[1.0, 2.0]])
        array([[2., 4.]], dtype=float32)
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        self.name = name or "function"
        self._model = Model(inputs, outputs)
        self.inputs, self.outputs = self._model.inputs, self._model.outputs

    def __call__(self, inputs: Any) -> Any:
        """The outputs for arrays, or symbolic outputs for symbolic tensors."""
        return self._model(inputs)

    @property
    def operations(self) -> list[Layer]:
        """The layers, each after those it depends on."""
        return self._model.layers

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for the inputs' shapes."""
        return self._model.compute_output_shape(input_shape)
