"""Layers that define only `call`: traced once into a graph of layers and operations, which knows its own way back."""

import copy
import hashlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.config.configurable import Configurable
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.graph.graph import Graph
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import promises
from minidl.layers.shapes import flatten_shapes, held_by, is_shape, map_shapes, shape_of
from minidl.operators import Operators, Trace, run_located, tracing

_NOT_TENSORS = ("self", "training", "mask")


class TracedCall:
    """What one way of calling a function does: a graph from its tensors to all that it computes.

    Attributes:
        graph: from the inputs, and a mask that the function takes, to the outputs, the losses, and what is assigned.
        structure: the form of the outputs; `None` for one alone.
        losses: how many terms the function adds to the loss.
        assigned: the variables that it writes.
        options: the options of the call.
    """

    def __init__(self, graph: Graph, structure: Any, losses: int, assigned: list[Any]) -> None:
        self.graph, self.structure, self.losses, self.assigned = graph, structure, losses, assigned
        self.outputs = len(flatten(structure)) if structure is not None else 1
        self.options: dict[str, Any] = {}

    def shaped(self, values: list[Any]) -> Any:
        """The outputs, or what belongs to each of them, in the function's own form."""
        own = values[: self.outputs]
        return own[0] if self.structure is None else rebuild(self.structure, own)


class TracedNetwork:
    """The graphs that a layer's `call` draws, one for each kind of call; walked like any network.

    Args:
        owner: the layer.
    """

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.calls: dict[str, TracedCall] = {}
        self.changes: tuple[Callable[[Graph], Graph], ...] = ()
        self.input_shape = None

    @property
    def layers(self) -> list[Any]:
        """The layers that the owner holds."""
        return held_layers(self.owner)

    @property
    def adds_loss(self) -> bool:
        """Whether any call gave something to `add_loss`."""
        return any(call.losses for call in self.calls.values())

    def forward(self, x: Any, mask: Any, training: bool, **options: Any) -> tuple[Any, Any, Any]:
        """Walk the graph that `call` drew; variables that it assigns are written at the end."""
        call = self.find(shape_of(x), _dtypes(x), training, mask, options)
        values, cache, masks = self._changed(call.graph).forward(*_arranged(call, x, mask), training)
        values, masks = flatten(values), flatten(masks)
        _assign(call, values)
        return call.shaped(values), (call, cache, x if is_structure(x) else None, values), _mask_of(call, masks)

    def infer(self, x: Any, mask: Any, **options: Any) -> tuple[Any, Any]:
        """The same in inference mode, keeping nothing."""
        call = self.find(shape_of(x), _dtypes(x), False, mask, options)
        values, masks = self._changed(call.graph).infer(*_arranged(call, x, mask))
        values, masks = flatten(values), flatten(masks)
        _assign(call, values)
        return call.shaped(values), _mask_of(call, masks)

    def backward(self, dy: Any, cache: Any, weights_only: bool = False) -> Any:
        """Back through the graph, from the outputs and from the terms that the call added to the loss."""
        call, graph_cache, structure, values = cache
        added = [np.ones_like(value) for value in values[call.outputs : call.outputs + call.losses]]
        gradients = [*flatten(dy), *added, *[None] * len(call.assigned)]
        dx = flatten(self._changed(call.graph).backward(gradients, graph_cache, weights_only))
        if weights_only:
            return None
        return dx[0] if structure is None else rebuild(structure, dx[: len(flatten(structure))])

    def penalty(self, cache: Any) -> float:
        """What the layers inside add to the loss, and what the call itself gave to `add_loss`."""
        call, graph_cache, _, values = cache
        own = values[call.outputs : call.outputs + call.losses]
        return self._changed(call.graph).penalty(graph_cache) + sum(float(np.sum(value)) for value in own)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of what `call` returns for inputs of that shape."""
        shapes = flatten_shapes(input_shape)
        call = self.find(input_shape, [self.owner.dtype] * len(shapes), False, None, {})
        found = call.graph.compute_output_shape(shapes if len(shapes) > 1 else shapes[0])
        return call.shaped(found if len(call.graph.outputs) > 1 else [found])

    @property
    def output_layers(self) -> list[Any]:
        """For each output the layer that alone makes it, as far as every kind of call agrees."""
        found = [call.graph.output_layers[: call.outputs] for call in self.calls.values() if call.outputs]
        return found[0] if found and all(layers == found[0] for layers in found) else []

    def with_output_layers(self, replacements: list[Any]) -> "TracedNetwork":
        """The same network with other layers at its outputs; `None` leaves one as it is."""

        def change(graph: Graph) -> Graph:
            return graph.with_output_layers([*replacements, *[None] * (len(graph.outputs) - len(replacements))])

        return self._with(change)

    def with_layers(self, replace: Callable[[Any], Any]) -> "TracedNetwork":
        """The same network with every layer replaced by what the function makes of it."""
        return self._with(lambda graph: graph.with_layers(replace))

    def _with(self, change: Callable[[Graph], Graph]) -> "TracedNetwork":
        changed = copy.copy(self)
        changed.changes = (*self.changes, change)
        return changed

    def _changed(self, graph: Graph) -> Graph:
        for change in self.changes:
            graph = change(graph)
        return graph

    def find(self, shapes: Any, dtypes: list[str], training: bool, mask: Any, options: dict[str, Any]) -> TracedCall:
        """The graph for inputs of such shapes and types; drawn when it is first needed."""
        shapes = map_shapes(lambda shape: (None, *shape[1:]), shapes)
        masks = None if mask is None else [None if one is None else np.shape(one)[1:] for one in flatten(mask)]
        key = repr((shapes, dtypes, bool(training), masks, _exact(options)))
        if key not in self.calls:
            self.calls[key] = _trace(self.owner, shapes, dtypes, training, masks, options)
            self.calls[key].options = options  # kept alive, so that no other object takes the `id` of one of them
        return self.calls[key]


def _exact(option: Any) -> Any:
    """A value whose `repr` differs whenever the option does: arrays by all their bytes, objects that hold state by identity."""
    if isinstance(option, dict):
        return {key: _exact(value) for key, value in option.items()}
    if isinstance(option, (list, tuple)):
        return type(option).__name__, [_exact(item) for item in option]
    if isinstance(option, np.ndarray) and not option.dtype.hasobject:
        return "array", option.shape, option.dtype.str, hashlib.sha256(np.ascontiguousarray(option).tobytes()).hexdigest()
    if isinstance(option, np.ndarray):
        return "array", option.shape, _exact(option.tolist())
    if isinstance(option, (Operators, Configurable)):
        return type(option).__name__, id(option)
    return option


def held_layers(owner: Any) -> list[Any]:
    """The layers that a layer's attributes hold."""
    from minidl.layers.layer import Layer

    return Layer.sublayers(owner)


def adopt(kind: Any) -> None:
    """Give a class that defines only `call` everything that a layer has, from the graph that `call` draws."""
    parameters = inspect.signature(kind.call).parameters
    tensors = [p for name, p in parameters.items() if name not in _NOT_TENSORS and p.default in (p.empty, None)]
    tensors = [p for p in tensors if p.kind is p.POSITIONAL_OR_KEYWORD]
    if "roles" not in vars(kind) and len(tensors) > 1:
        kind.roles = tuple(p.name for p in tensors)
    kind._takes = frozenset(("training", "mask"))
    if "input_dtype" not in vars(kind):
        kind.input_dtype = "any"  # as in Keras, floats are cast and integers are not
    build = kind.build

    def build_all(self: Any, input_shape: Any) -> None:
        """Create the layer's own weights, then those of the layers that `call` uses."""
        build(self, input_shape)
        self.network = TracedNetwork(self)
        self.network.compute_output_shape(input_shape)

    kind.build = build_all
    if hasattr(kind, "with_output_layers"):  # a model walks its network itself
        return
    for function in (forward, infer, backward, backward_weights, penalty, _forward, _infer):
        setattr(kind, function.__name__, function)
    if "compute_output_shape" not in vars(kind):
        kind.compute_output_shape = compute_output_shape


def forward(self: Any, x: Any, training: bool = False, mask: Any = None, **options: Any) -> tuple[Any, Any]:
    """What `call` computes, by the graph that it drew."""
    y, cache, _ = self.network.forward(x, mask, training, **options)
    return y, cache


def infer(self: Any, x: Any, mask: Any = None, **options: Any) -> Any:
    """The same in inference mode, keeping nothing."""
    return self.network.infer(x, mask, **options)[0]


def backward(self: Any, dy: Any, cache: Any) -> Any:
    """Back through the graph."""
    return self.network.backward(dy, cache)


def backward_weights(self: Any, dy: Any, cache: Any) -> None:
    """The same without the gradient of the input."""
    self.network.backward(dy, cache, weights_only=True)


def penalty(self: Any, cache: Any) -> float:
    """What the graph adds to the loss."""
    return float(self.network.penalty(cache))


def _forward(self: Any, x: Any, mask: Any = None, training: bool = False, **options: Any) -> tuple[Any, Any, Any]:
    """`forward`, with the mask that the last layer inside leaves, or the layer's own where that leaves none."""
    x = self.as_arrays(x)
    self.check_input(shape_of(x))
    mask = None if mask is None else promises.check_mask(self, mask, x)
    y, cache, y_mask = self.network.forward(x, mask, training, **options)
    return (
        y,
        cache if self.activity_regularizer is None else (cache, y),
        self.compute_mask(x, mask) if y_mask is None else y_mask,
    )


def _infer(self: Any, x: Any, mask: Any = None, **options: Any) -> tuple[Any, Any]:
    """`infer`, with that mask."""
    x = self.as_arrays(x)
    self.check_input(shape_of(x))
    mask = None if mask is None else promises.check_mask(self, mask, x)
    y, y_mask = self.network.infer(x, mask, **options)
    return y, self.compute_mask(x, mask) if y_mask is None else y_mask


def compute_output_shape(self: Any, input_shape: Any) -> Any:
    """The shapes of what `call` returns."""
    self.build_for(input_shape)
    return self.network.compute_output_shape(input_shape)


def _trace(self: Any, shapes: Any, dtypes: list[str], training: bool, mask_shapes: Any, options: dict[str, Any]) -> TracedCall:
    """Run `call` on symbolic tensors, once, and keep what it did.

    Raises:
        TypeError, ValueError: it did something that only values can do; a note names the line.
    """
    several = not is_shape(shapes)
    symbols = [
        SymbolicTensor(shape, dtype, f"{self.name}_input" + (f"_{n}" if n else ""), self)
        for n, (shape, dtype) in enumerate(zip(flatten(shapes) if several else [shapes], dtypes, strict=True))
    ]
    inputs = rebuild(shapes, symbols) if several else symbols[0]
    parameters = inspect.signature(self.call).parameters
    given = {key: value for key, value in options.items() if key != "roles"}
    if "training" in parameters:
        given["training"] = bool(training)
    masks: list[SymbolicTensor] = []
    if "mask" in parameters:
        found = [
            None if shape is None else SymbolicTensor((None, *shape), "bool", f"{self.name}_mask", self)
            for shape in mask_shapes or ()
        ]
        masks = [mask for mask in found if mask is not None]
        given["mask"] = None if not found else found if several else found[0]
    arrays = {id(variable.value): variable for variable in self.weights}
    before = {name: value.copy() for name, value in vars(self).items() if isinstance(value, np.ndarray)}
    with tracing(Trace(self.title, arrays)) as trace:
        if self.roles and several:
            named = dict(zip(options.get("roles", self.roles), inputs, strict=False))
            result = run_located(self.call, self.title, **named, **given)
        else:
            result = run_located(self.call, self.title, inputs, **given)
    _refuse_side_effects(self, before)
    known = {id(generator) for generator in self.generators}
    self._generators += [generator for generator in trace.generators if id(generator) not in known]
    made = {
        "call returns": flatten(result),
        "add_loss takes": trace.losses,
        "assign, inside call, takes": list(trace.latest.values()),
    }
    for what, values in made.items():
        for value in values:
            if not isinstance(value, SymbolicTensor):
                raise TypeError(f"{self.title}: {what} what layers and minidl.ops make of the input, got {value!r}")
    graph = Graph([*symbols, *masks], [tensor for values in made.values() for tensor in values], strict=False)
    return TracedCall(graph, result if is_structure(result) else None, len(trace.losses), list(trace.latest))


def _refuse_side_effects(self: Any, before: dict[str, Any]) -> None:
    """Refuse what would happen once, when `call` is drawn, and never again."""
    for name, value in vars(self).items():
        changed = isinstance(value, np.ndarray) and not np.array_equal(value, before.get(name, value), equal_nan=True)
        if changed or (name != "network" and any(True for _ in held_by(value, SymbolicTensor))):
            what = f"changes the array self.{name}" if changed else f"keeps a symbolic tensor in self.{name}"
            raise TypeError(
                f"{self.title}: call {what}, which would happen once, when it is drawn, and never again; remember things in "
                f"add_weight(trainable=False) and assign, and return what others need"
            )


def _dtypes(x: Any) -> list[str]:
    return [array.dtype.name for array in flatten(x)]


def _arranged(call: TracedCall, x: Any, mask: Any) -> tuple[list[Any], list[Any]]:
    """The graph's inputs, and the masks that travel with them: where `call` takes a mask, that is an input too."""
    arrays = flatten(x)
    travelling = [None] * len(arrays) if mask is None else flatten(mask)
    taken = [one for one in travelling if one is not None] if len(call.graph.inputs) > len(arrays) else []
    return [*arrays, *taken], [*travelling, *[None] * len(taken)]


def _mask_of(call: TracedCall, masks: list[Any]) -> Any:
    own = masks[: call.outputs]
    return None if all(mask is None for mask in own) else call.shaped(masks)


def _assign(call: TracedCall, values: list[Any]) -> None:
    for variable, value in zip(call.assigned, values[call.outputs + call.losses :], strict=True):
        variable.assign(value)
