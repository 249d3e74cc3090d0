"""`Graph`: the layers and operations between some inputs and some outputs, run forward and backward."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from minidl.config.error_notes import within
from minidl.config.layer_like import LayerLike, ReplaceLayer, Terms
from minidl.config.loading import take_call
from minidl.config.naming import unique_names
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.tree import alone, is_nested, leaves, one_level, pack, values_at, with_keys
from minidl.config.types import AnyShapes, Array, Arrays, Cache, Masks, Shape, Shapes, State, Structure, T, Tensors
from minidl.config.user_warnings import warn_user
from minidl.graph.nested_outputs import keys_of_losses
from minidl.graph.network import Network
from minidl.graph.operation_call import GraphFunction
from minidl.graph.order import check_names, ordered_layers, sorted_places
from minidl.graph.shapes import flatten_shapes, is_shape
from minidl.graph.symbolic import Node, SymbolicTensor


class GraphCache(NamedTuple):
    """Cache of the forward pass for the backward pass."""

    caches: list[object]  # one for each node
    inputs: list[Array | None]
    penalized: dict[int, Cache]  # node -> its output, for layers with a penalty


class Graph(Network):
    """A directed acyclic graph of layers and operations.

    Args:
        inputs: symbolic tensors made by `Input`; one, or lists, tuples and dicts of them.
        outputs: symbolic tensors that depend on them; one, or lists, tuples and dicts.
        strict: whether names must be unique.
        input_layers: the layer listed for each input; by default those of inputs made by `Input`.
    Attributes:
        inputs, outputs: the tensors as lists; those of dicts in the order of the keys, as in Keras.
        input_structure, output_structure: the structure in which the passes take and return arrays, at most one level deep.
        given_inputs, given_outputs: the structure that the model shows.
    Raises:
        ValueError: an output needs an input that is not among `inputs`, or two layers share a name.
    """

    def __init__(
        self, inputs: object, outputs: Tensors, strict: bool = True, input_layers: Sequence[LayerLike] | None = None
    ) -> None:
        self.given_inputs, self.given_outputs = alone(inputs), alone(outputs)
        self.inputs: list[SymbolicTensor] = leaves(inputs)
        self.outputs: list[SymbolicTensor] = leaves(outputs)
        self.input_structure, self.output_structure = one_level(self.given_inputs), one_level(self.given_outputs)
        self._nested = [structure if is_nested(structure) else None for structure in (inputs, outputs)]
        ended, met = sorted_places(self.inputs, self.outputs)
        self.nodes: list[Node] = [place for place in ended if isinstance(place, Node)]
        self._ordered = ordered_layers(self.inputs, ended, met)
        self.input_layers = list(input_layers or [tensor.layer for tensor in self.inputs if tensor.node is None])
        self.node_layers: list[LayerLike] = [node.layer for node in self.nodes]  # the layers to run; views may replace layers
        if strict:
            check_names(self.layers)

    def __getstate__(self) -> State:
        """The nodes first, each after those it depends on: from the outputs, pickle would call itself for every one of them."""
        return {"nodes": self.nodes, **self.__dict__}

    @property
    def layers(self) -> list[LayerLike]:
        """Every layer once, in Keras's order, each after those it depends on; operations are not among them."""
        places: dict[LayerLike, list[LayerLike]] = {}
        for node, layer in zip(self.nodes, self.node_layers, strict=True):
            places.setdefault(node.layer, []).append(layer)
        made = [layer for layer in self.input_layers if layer not in self._ordered]  # for inner tensors used as inputs
        layers = (layer for original in self._ordered for layer in places.get(original, [original]))
        return list(dict.fromkeys([*made, *(layer for layer in layers if not isinstance(layer, GraphFunction))]))

    @property
    def functions(self) -> list[GraphFunction]:
        """The operations and random draws, each after those it depends on."""
        return [layer for layer in self.node_layers if isinstance(layer, GraphFunction)]

    @property
    def input_shape(self) -> AnyShapes:
        """The inputs' shapes, in their structure."""
        return rebuild(self.input_structure, [tensor.shape for tensor in self.inputs])

    @property
    def is_plain(self) -> bool:
        """As for every network; operations only compute outputs, and deeper structures than those of `infer` are packed."""
        return self._nested == [None, None] and super().is_plain

    @property
    def input_shapes(self) -> list[Shape]:
        """The inputs' shapes, in their order."""
        return [tensor.shape for tensor in self.inputs]

    @property
    def input_names(self) -> list[str]:
        """A name for each input: its key in a dict, else that of its `Input`."""
        return list(self.input_structure) if isinstance(self.input_structure, Mapping) else [t.name for t in self.inputs]

    @property
    def input_kinds(self) -> list[str]:
        """The kind of data of each input: strings if its `Input` has dtype "string" or a layer only accepts strings."""
        read = [{node.layer.input_kind for node in self.nodes if tensor in node.sources} for tensor in self.inputs]
        return [
            "string" if tensor.dtype == "string" or "string" in kinds else "float"
            for tensor, kinds in zip(self.inputs, read, strict=True)
        ]

    @property
    def output_names(self) -> list[str]:
        """A name for each output: its key in a flat dict, else the name of the layer that makes it, numbered if it is taken."""
        return self.output_stems if isinstance(self.output_structure, Mapping) else unique_names(self.output_stems)

    @property
    def output_stems(self) -> list[str]:
        if isinstance(self.output_structure, Mapping):
            return list(self.output_structure)
        return [tensor.layer.name for tensor in self.outputs]

    def forward(self, x: Arrays, mask: Masks, training: bool) -> tuple[Arrays, GraphCache, Masks]:
        """Run from the inputs to the outputs and store every layer's cache."""
        values, masks = self._start(x, mask)
        caches, penalized = [], {}
        with within(self.node_layers) as place:
            for place.number, (node, layer) in enumerate(zip(self.nodes, self.node_layers, strict=True)):
                inputs, input_masks = _pick(node.inputs, values), _masks_for(node, values, masks)
                in_training = training if node.training is None else node.training
                y, kept, y_mask = layer._forward(inputs, input_masks, in_training, **node.options)
                caches.append(kept)
                if layer.has_penalty:
                    penalized[place.number] = y
                _put(node, y, y_mask, values, masks)
        cache = GraphCache(caches, [values[tensor] for tensor in self.inputs], penalized)
        return self._finish(values), cache, self._finish(masks)

    def infer(self, x: Arrays, mask: Masks) -> tuple[Arrays, Masks]:
        """Run from the inputs to the outputs in inference mode, without caches."""
        values, masks = self._start(x, mask)
        with within(self.node_layers) as place:
            for place.number, (node, layer) in enumerate(zip(self.nodes, self.node_layers, strict=True)):
                inputs, input_masks = _pick(node.inputs, values), _masks_for(node, values, masks)
                if node.training:  # as in Dropout(0.5)(x, training=True)
                    y, _, y_mask = layer._forward(inputs, input_masks, True, **node.options)
                else:
                    y, y_mask = layer._infer(inputs, input_masks, **node.options)
                _put(node, y, y_mask, values, masks)
        return self._finish(values), self._finish(masks)

    def backward(self, dy: Tensors, cache: GraphCache, weights_only: bool = False) -> Tensors:
        """Run backward from the outputs to the inputs; gradients of a tensor that is used several times are added."""
        gradients: dict[SymbolicTensor, Array] = {}
        for tensor, gradient in zip(self.outputs, flatten(dy), strict=True):
            _add(gradients, tensor, gradient)
        with within(self.node_layers) as place:
            calls = enumerate(zip(self.nodes, self.node_layers, cache.caches, strict=True))
            for place.number, (node, layer, node_cache) in reversed(list(calls)):
                arriving = [gradients.pop(tensor, None) for tensor in node.outputs]
                if all(gradient is None for gradient in arriving):
                    if place.number not in cache.penalized:
                        continue
                    arriving = [np.zeros_like(y) for y in flatten(cache.penalized[place.number])]
                needs_dx = not weights_only or any(tensor.node is not None for tensor in node.sources)
                dx = layer._backward(tuple(arriving) if node.several else arriving[0], node_cache, not needs_dx)
                if needs_dx:
                    for tensor, gradient in zip(node.sources, flatten(dx), strict=True):
                        _add(gradients, tensor, gradient)
        if weights_only:
            return None
        for tensor, x in zip(self.inputs, cache.inputs, strict=True):
            if x is not None and x.dtype.kind == "f":  # an input that only unused outputs depend on
                gradients.setdefault(tensor, np.zeros_like(x))
        return rebuild(self.input_structure, [gradients.get(tensor) for tensor in self.inputs])

    def penalty(self, cache: GraphCache) -> float:
        return sum(layer._penalty(kept) for layer, kept in zip(self.node_layers, cache.caches, strict=True))

    def loss_terms(self, cache: GraphCache) -> Terms:
        return [term for layer, kept in zip(self.node_layers, cache.caches, strict=True) for term in layer._loss_terms(kept)]

    def compute_output_shape(self, input_shape: Shapes) -> AnyShapes:
        """The outputs' shapes for these input shapes, layer by layer."""
        given = [input_shape] if is_shape(input_shape) else self.ordered(input_shape)
        shapes = {tensor: tensor.shape if one is None else one for tensor, one in zip(self.inputs, given, strict=True)}
        with within(self.node_layers) as place:
            for place.number, (node, layer) in enumerate(zip(self.nodes, self.node_layers, strict=True)):
                input_shape = _pick(node.inputs, shapes)
                take_call(layer.title)
                layer.build_for(input_shape)
                shape, _, _ = layer.infer_outputs(input_shape, *_rebuilt_like(node.inputs, node.sources), node.options)
                shapes.update(zip(node.outputs, flatten_shapes(shape), strict=True))
        return self._finish(shapes)

    @property
    def output_layers(self) -> list[LayerLike | None]:
        """For each output the layer that makes it, or `None` if the output is also used by other layers."""
        return [layer for layer, _ in self._output_places()]

    def with_output_layers(self, replacements: Sequence[LayerLike | None]) -> "Graph":
        layers = list(self.node_layers)
        for (_, place), replacement in zip(self._output_places(), replacements, strict=True):
            if replacement is not None and place is not None:
                layers[place] = replacement
        return self._with_node_layers(layers)

    def with_layers(self, replace: ReplaceLayer) -> "Graph":
        made = {layer: replace(layer) for layer in dict.fromkeys(self.node_layers)}
        return self._with_node_layers([made[layer] for layer in self.node_layers])

    def _with_node_layers(self, layers: list[LayerLike]) -> "Graph":
        changed = copy.copy(self)
        vars(changed).pop("_plain_layers", None)
        changed.node_layers = layers
        return changed

    def _output_places(self) -> list[tuple[LayerLike | None, int | None]]:
        places: list[tuple[LayerLike | None, int | None]] = []
        for tensor in self.outputs:
            used = sum(tensor in node.sources for node in self.nodes) + self.outputs.count(tensor)
            alone = tensor.node in self.nodes and used == 1 and len(tensor.node.outputs) == 1
            place = self.nodes.index(tensor.node) if alone and tensor.node is not None else None
            places.append((None, None) if place is None else (self.node_layers[place], place))
        return places

    def _start(self, x: object, mask: object) -> tuple[dict[SymbolicTensor, Array], dict[SymbolicTensor, Array | None]]:
        arrays = self.ordered(x) if is_structure(x) else [x]
        if len(arrays) != len(self.inputs):
            names = [tensor.name for tensor in self.inputs]
            raise ValueError(f"the model has {len(names)} inputs {names}, got {len(arrays)} arrays")
        masks = [None] * len(arrays) if mask is None else flatten(mask)
        return dict(zip(self.inputs, arrays, strict=True)), dict(zip(self.inputs, masks, strict=True))

    def ordered(self, x: Tensors) -> list[Tensors]:
        """The value for each input, from a list in their order or a dict by name, in which other keys are ignored."""
        if not isinstance(x, Mapping):
            return list(x)
        if missing := [name for name in self.input_names if name not in x]:
            raise ValueError(f"the model's inputs are named {self.input_names}, got a dict with {list(x)}: {missing} missing")
        if extra := [name for name in x if name not in self.input_names]:
            warn_user(f"the model's inputs are named {self.input_names}; of the dict, {extra} are ignored")
        return [x[name] for name in self.input_names]

    def listed(self, x: object) -> Tensors:
        """The members of x for the inputs, if these are nested deeper than one level and x has their structure; else x."""
        return _listed(self._nested[0], x)

    def listed_outputs(self, y: object) -> Tensors:
        return _listed(self._nested[1], y)

    def packed(self, y: object) -> Tensors:
        values = leaves(y)
        return pack(self.given_outputs, values) if self._nested[1] is not None and len(values) == len(self.outputs) else y

    def loss_keys(self, names: Sequence[str]) -> list[str]:
        return keys_of_losses([path for path, _ in with_keys(self.given_outputs)], names) if self._nested[1] else list(names)

    def as_graph(self, make_input: Callable[[], SymbolicTensor], before: Network | None = None) -> "Graph":
        """The graph itself."""
        return self

    def _finish(self, found: Mapping[SymbolicTensor, object]) -> Tensors:
        return rebuild(self.output_structure, [found.get(tensor) for tensor in self.outputs])


def _listed(structure: object, values: object) -> Tensors:
    found = None if structure is None else values_at(structure, values)
    return values if found is None else alone(found)


def _rebuilt_like(inputs: Structure[SymbolicTensor], sources: list[SymbolicTensor]) -> tuple[Structure[str], Structure[bool]]:
    """Dtypes of the inputs, and whether they have masks, in the inputs' structure."""
    return rebuild(inputs, [tensor.dtype for tensor in sources]), rebuild(inputs, [tensor.masked for tensor in sources])


def _pick(inputs: Structure[SymbolicTensor], found: Mapping[SymbolicTensor, T]) -> Tensors:
    return found.get(inputs) if isinstance(inputs, SymbolicTensor) else rebuild(inputs, [found.get(t) for t in flatten(inputs)])


def _masks_for(node: Node, values: Mapping[SymbolicTensor, Array], masks: Mapping[SymbolicTensor, Array | None]) -> Masks:
    return _pick(node.inputs, masks) if node.mask is None else values[node.mask]


def _put(
    node: Node, y: object, mask: object, values: dict[SymbolicTensor, Tensors], masks: dict[SymbolicTensor, Tensors]
) -> None:
    if not node.several:
        values[node.outputs[0]], masks[node.outputs[0]] = y, mask
    else:
        values.update(zip(node.outputs, flatten(y), strict=True))
        found = flatten(mask)  # a single mask is that of the first output, as in Keras
        masks.update(zip(node.outputs, [*found, *[None] * (len(node.outputs) - len(found))], strict=True))


def _add(gradients: dict[SymbolicTensor, Array], tensor: SymbolicTensor, gradient: Array | None) -> None:
    if gradient is not None:
        gradients[tensor] = gradients[tensor] + gradient if tensor in gradients else gradient
