"""`Sequential`: a model whose layers run one after another."""

from collections.abc import Iterable, Sequence
from typing import Any

from minidl.config.checks import shown
from minidl.config.nest import flatten
from minidl.config.types import Config, Shape, Shapes, Tensors
from minidl.graph.chain import Chain
from minidl.graph.symbolic import SymbolicTensor, connect_on_demand, first_call
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.models.functional import check_rank
from minidl.models.model import Model


class Sequential(Model):
    """A linear stack of layers.

    Args:
        layers: the layers, first to last; if they begin with `Input(shape)`, the model is built immediately. Otherwise it is
            built by the first data it gets, or by `build`.
        trainable: whether its weights are trainable.
        name: "sequential", "sequential_1" ... by default.
    Raises:
        ValueError: an element of `layers` is not a layer, or two layers have the same name.
    Example:
        >>> from minidl.layers import Dense
        >>> model = Sequential([Dense(8, activation="relu"), Dense(1)])
        >>> model.predict(np.zeros((5, 3)), verbose=0).shape
        (5, 1)
    """

    def __init__(
        self, layers: Iterable[Layer | SymbolicTensor] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        if isinstance(trainable, Layer):  # type: ignore[unreachable]  # Sequential(a, b) without the brackets
            raise TypeError("Sequential takes its layers in one list: Sequential([first, second, ...])")
        super().__init__(name=name, trainable=trainable)
        self.connect(Chain())
        self._extend(flatten(layers or ()))
        self._build_if_known()

    @property
    def input(self) -> Tensors:
        """The symbolic input: that of its first call in another model, otherwise its own."""
        return super().input if (call := first_call(self)) is None else call.inputs

    @property
    def output(self) -> Tensors:
        """The symbolic output: that of its first call in another model, otherwise its own."""
        return super().output if (call := first_call(self)) is None else call.result

    @property
    def _stack(self) -> list[Layer]:
        """The layers without those that the attributes of a subclass hold."""
        return list(self.connected.layers)

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Add a layer at the end."""
        self._extend([layer])
        self._build_if_known()

    def pop(self, rebuild: bool = True) -> Layer:
        """Remove and return the last layer."""
        if not self._stack:
            raise ValueError(f"{self.title} has no layer to pop")
        last = self._stack[-1]
        known = self.build_shape if self.built else self.connected.input_shape
        self._change(self._stack[:-1], self.connected.input_shape)
        if rebuild and known is not None and self._stack:
            self.build(known)
        return last

    def build(self, input_shape: Shape | list[Shape]) -> None:
        """Build every layer for inputs of that shape, batch axis included."""
        if not self._stack and self.connected.input_shape is None:
            raise ValueError(f"{self.title} has no layers yet: add some before it is built or used")
        self.connected.compute_output_shape(input_shape)

    def check_input(self, shape: Shapes) -> None:
        """Raise ValueError for rows of another rank than the model was built for, as in Keras."""
        check_rank(self, shape)

    def check_rebuild(self, input_shape: Shape) -> None:
        """Raise ValueError for another shape than the model has."""
        known = self.connected.input_shape
        pairs = (
            () if known is None else zip(known[1:], input_shape[1:], strict=False)
        )  # a last axis of size 1 may be added or dropped
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ValueError(
                f"{self.title} has the input shape {known}, and cannot be built for {tuple(input_shape)}; make another model"
            )

    def _extend(self, added: Sequence[Layer | SymbolicTensor]) -> None:
        members, shape = self._stack, self.connected.input_shape
        names = {layer.name for layer in members}
        for given in added:
            layer: Any = given.layer if isinstance(given, SymbolicTensor) else given
            if isinstance(layer, InputLayer):
                if members or shape is not None:
                    raise ValueError(f"{self.title} has an input already; Input(...) must come first, and only once")
                self._start, shape = layer.output, layer.batch_shape
                continue
            self._check_member(layer, members, names)
            if not self.trainable:
                layer.trainable = False
            if shape is None and not members:
                shape = _declared_shape(layer)
            members.append(layer)
            names.add(layer.name)
        self._change(members, shape)

    def _check_member(self, layer: Layer, members: list[Layer], names: set[str]) -> None:
        """Raise an error for anything but a layer, and for a name that another layer has."""
        if isinstance(layer, type) and issubclass(layer, Layer):
            raise ValueError(
                f"{self.title} takes layers, got the class {layer.__name__}; create a layer: {layer.__name__}(...)"
            )
        if not isinstance(layer, Layer):
            raise ValueError(f"{self.title} takes layers, got {shown(layer)}{_fix(layer)}")
        if layer.name in names:
            again = "; a layer can be used twice only in a functional model" if layer in members else ""
            raise ValueError(f'{self.title} has a layer named "{layer.name}" already; layer names are unique in a model{again}')

    def _change(self, layers: list[Layer], input_shape: Shape | None) -> None:
        self.connect(Chain(layers, input_shape))
        self.built, self._plan = False, None
        for layer in layers:
            connect_on_demand(layer, self)

    def _build_if_known(self) -> None:
        if self.connected.input_shape is not None:
            self.build(self.connected.input_shape)

    def constructor_arguments(self) -> Config:
        """The current layers, including the input."""
        shape = self.connected.input_shape
        given = None if self._start is None else self._start.layer
        start = [] if shape is None else [given or InputLayer(batch_shape=shape, name=f"{self.name}_input")]
        return super().constructor_arguments() | {"layers": [*start, *self._stack]}


def _fix(wrong: object) -> str:
    """How to fix an element of the list that is not a layer."""
    if isinstance(wrong, (list, tuple)):
        return "; give all layers in one flat list"
    return "; wrap a function in Activation(function)" if callable(wrong) else "; create a layer, such as Dense(8)"


def _declared_shape(layer: Layer) -> Shape | None:
    """The input shape of a first layer: its `input_shape`, or that of a model's declared input."""
    if isinstance(layer, Model):
        declared = layer.network.input_shapes
        return declared[0] if len(declared) == 1 else None
    return None if layer.input_shape is None else (None, *layer.input_shape)
