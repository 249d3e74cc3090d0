"""`Building`: create a layer's weights once, for the shape of its input, and compute the shape of its output."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minidl.config.configurable import signature
from minidl.config.layer_like import InferredOutputs, LayerParts
from minidl.config.locks import ProcessLock
from minidl.config.types import AnyShapes, Options, Shapes, Structure
from minidl.layers.call_arguments import build_shapes
from minidl.layers.protocol import all_or_none
from minidl.layers.shapes import infer_output_shape, infer_outputs
from minidl.variable import Variable

BUILDING = ProcessLock()  # held while anything is built, as several threads may use a new model for the first time


def build_once(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap a layer's `build` so that it runs once and leaves the layer marked as built."""

    @functools.wraps(build)
    def run(self: LayerParts, *shapes: object, **named: object) -> None:
        _build(self, build, shapes, named)

    return run


def _build(layer: LayerParts, build: Callable[..., None], shapes: tuple[object, ...], named: Options) -> None:
    """A function of this module, so that cloudpickle finds it by name for classes made in a notebook."""
    with BUILDING.held:
        if layer.built:
            layer.check_rebuild(*shapes, **named)
            return
        with all_or_none(layer):
            build(layer, *shapes, **named)
        given = list(signature(build).bind(layer, *shapes, **named).arguments.values())[1:]
        layer.build_shape = given[0] if len(given) == 1 else given or None
        layer._weight_attributes = {name: value for name, value in vars(layer).items() if isinstance(value, Variable)}
        layer.built = True
        if not layer.trainable:
            layer.trainable = False  # also applies to sublayers that `build` created


class Building:
    """The part of a layer that creates its weights, and knows shapes."""

    if TYPE_CHECKING:

        def check_input(self, shape: AnyShapes) -> None: ...

    built: bool
    build_shape: Shapes | None
    _defines_call: bool
    _output_shapes: dict[str, object]  # found by running call: input shape -> output shape

    @build_once
    def build(self, input_shape: AnyShapes) -> None:
        """Create the weights for the input's shape (`None` for unknown sizes)."""

    def check_rebuild(self, *input_shapes: Any, **named: Any) -> None:
        """Raise ValueError where a layer that is built must not be built for another shape."""

    def build_for(self, input_shape: Shapes) -> None:
        """Build the layer and its sublayers, unless they are built; raises ValueError for a shape that it does not accept."""
        was_built = self.built
        self.build_weights(input_shape)
        if self._defines_call and not was_built:
            infer_output_shape(self, input_shape)  # runs call, which builds the layers that it calls

    def build_weights(self, input_shape: Shapes, arguments: object = None) -> None:
        """Build only this layer; the layers that its `call` uses are built when it runs."""
        self.check_input(input_shape)
        if not self.built and self._defines_call and isinstance(input_shape, list):
            self.build(**build_shapes(self, input_shape, arguments))
            self.build_shape = input_shape
        elif not self.built:
            self.build(input_shape)

    def compute_output_shape(self, input_shape: AnyShapes) -> AnyShapes:
        """The output's shape; by default found by running the layer with two sizes for each unknown axis."""
        if not self._defines_call:
            return infer_output_shape(self, input_shape)
        key = repr(input_shape)
        if key not in self._output_shapes:  # call is not run again for a shape that is known
            self._output_shapes[key] = infer_output_shape(self, input_shape)
        return self._output_shapes[key]

    @property
    def declares_shape(self) -> bool:
        """Whether the layer defines its output shape, so that it need not be run to find it."""
        return type(self).compute_output_shape is not Building.compute_output_shape

    def infer_outputs(
        self, input_shape: Shapes, dtypes: Structure[str], masked: Structure[bool], options: Options
    ) -> InferredOutputs:
        """Shapes and dtypes of the outputs for symbolic inputs, and whether they have masks."""
        return infer_outputs(self, input_shape, dtypes, masked, options)
