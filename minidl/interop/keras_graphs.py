"""Functional models in Keras's configs: their layers are made first, then called as the file says."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping

from minidl.config.nest import flatten
from minidl.config.tree import leaves
from minidl.config.types import JSON, Config, Options, Tensors
from minidl.graph.symbolic import SymbolicTensor
from minidl.interop.keras_operations import applied
from minidl.interop.tensorflow_operations import CLASSES as OF_TENSORFLOW
from minidl.interop.tensorflow_operations import results as results_of_tensorflow
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.models.model import Model

WITH_TUPLES = (
    "with_tuples"  # a key next to a config, for inputs and outputs of a model that are tuples, which Keras makes lists
)
_TENSOR, _SLICE, _ELLIPSIS = "tensor", "slice", "ellipsis"
_CONSTANT = "_CONSTANT_VALUE"  # in Keras 2, instead of a layer's name


def is_graph(config: object) -> bool:
    """Whether this is the config of a functional model of Keras."""
    return isinstance(config, Mapping) and {"layers", "input_layers", "output_layers"} <= set(config)


def described(config: Config, translated: JSON) -> Config:
    """The config of a functional model in a form that `deserialize` turns into layers and descriptions of their calls."""
    layers = [one if _is_operation(one) else translated(_without_calls(one)) for one in config["layers"]]
    named = {one.get("name", one["config"].get("name")): one for one in config["layers"]}
    functional = {name for name, one in named.items() if one["class_name"] in ("Functional", "Model")}
    ends = [place for place in _ends([config["input_layers"], config["output_layers"]]) if place[0] not in functional]
    nodes, from_1 = _numbered_from_0(named, ends)
    rest = {
        name: translated(value) for name, value in config.items() if name not in ("layers", "input_layers", "output_layers")
    }
    return {
        "made": [{"operation": [one["class_name"], _marked(one["config"])]} if _is_operation(one) else one for one in layers],
        "names": list(named),
        "functional": [name in functional | from_1 for name in named],
        "nodes": nodes,
        "ends": [translated(config["input_layers"]), translated(config["output_layers"])],
        "rest": rest,
    }


def _numbered_from_0(layers: Mapping[str, Mapping[str, JSON]], ends: list[list[JSON]]) -> tuple[list[list[JSON]], set[str]]:
    """The calls of each layer; Keras 2 counts those of a nested model from 1, here they are counted from 0.

    Returns:
        The calls, and the names of the layers whose calls the file counts from 1, in the ends too.
    """
    nodes = [
        [_node(node, str(layer["class_name"]), layers) for node in layer.get("inbound_nodes", ())] for layer in layers.values()
    ]
    used = list(_references(nodes))
    counts = {name: len(calls) for name, calls in zip(layers, nodes, strict=True)}
    from_1 = {place[0] for place in (*used, *ends) if place[1] >= counts.get(place[0], 0) > 0}
    for place in used:
        if place[0] in from_1:
            place[1] -= 1
    return nodes, from_1


def _ends(structure: JSON) -> Iterator[list[JSON]]:
    """Every `[layer, call, number]` in the inputs and outputs of a model."""
    if isinstance(structure, list) and structure and isinstance(structure[0], str):
        yield structure
    elif isinstance(structure, Mapping) and structure.get("class_name") == "__tuple__":
        yield from _ends(structure["config"])
    else:
        for item in structure.values() if isinstance(structure, Mapping) else structure:
            yield from _ends(item)


def _references(value: object) -> Iterator[list[JSON]]:
    """Every `[layer, call, number]` in the arguments of calls."""
    if isinstance(value, Mapping) and set(value) == {_TENSOR}:
        yield value[_TENSOR]
    elif isinstance(value, (Mapping, list)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _references(item)


def _is_operation(layer: Config) -> bool:
    return layer["class_name"] in OF_TENSORFLOW or str(layer.get("module")).startswith(("keras.src.ops.", "keras.ops"))


def _without_calls(layer: Config) -> Config:
    return {name: value for name, value in layer.items() if name not in ("inbound_nodes", "name")}


def _node(node: JSON, kind: str, names: Container[str]) -> list[object]:
    """The positional and keyword arguments of a call, tensors as `{"tensor": [layer, call, number]}`."""
    if isinstance(node, Mapping):
        return [_marked(node["args"]), _marked(node["kwargs"])]
    is_one = bool(node) and isinstance(node[0], str)  # in Keras 2
    given = [node] if is_one else list(node.values()) if isinstance(node, Mapping) else node
    options: Options = next((one[3] for one in given if len(one) > 3), {})
    tensors = [one[2] if one[0] == _CONSTANT else {_TENSOR: list(one[:3])} for one in given]
    if kind not in OF_TENSORFLOW:
        is_one = len(tensors) == 1
    return [[tensors[0] if is_one else tensors], _with_tensors(options, names)]


def _with_tensors(value: object, names: Container[str]) -> object:
    """Arguments of a call by name, in Keras 2: each `[layer, call, number]` in them is a tensor."""
    if isinstance(value, Mapping):
        return {name: _with_tensors(item, names) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) == 3 and isinstance(value[0], str) and value[0] in names:
        return {_TENSOR: value}
    return [_with_tensors(item, names) for item in value]


def _marked(value: object) -> object:
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config", {})
    if kind == "__keras_tensor__":
        return {_TENSOR: config["keras_history"]}
    if kind == "__slice__":
        return {_SLICE: [_marked(config[part]) for part in ("start", "stop", "step")]}
    if kind == "__ellipsis__":
        return {_ELLIPSIS: True}
    if kind == "__tuple__":
        return [_marked(item) for item in config]
    if kind == "__tensor__":
        return {"class_name": "__numpy__", "config": config}
    if kind == "DTypePolicy":
        return config["name"]
    return {name: _marked(item) for name, item in value.items()}


class KerasGraph:
    """What `deserialize` finds under the name Functional: makes a `Model`, or a subclass, from the result of `described`."""

    @classmethod
    def from_config(cls, config: Config) -> Model:
        """The model.

        Raises:
            ValueError: a call needs the result of one that is never made.
        """
        names, layers = config["names"], config["made"]
        results: dict[str, list[list[SymbolicTensor]]] = {name: [] for name in names}
        shift = dict(zip(names, config["functional"], strict=True))
        for name, layer in zip(names, layers, strict=True):
            if isinstance(layer, InputLayer):
                results[name].append([layer.output])
        waiting = [(name, layer, list(nodes)) for name, layer, nodes in zip(names, layers, config["nodes"], strict=True)]
        waiting = [entry for entry in waiting if not isinstance(entry[1], InputLayer)]
        while any(nodes for _, _, nodes in waiting):
            before = sum(len(nodes) for _, _, nodes in waiting)
            for name, layer, nodes in waiting:
                while nodes and _ready(nodes[0], results):
                    args, kwargs = (_filled(part, results) for part in nodes.pop(0))
                    results[name].append(_called(layer, args, kwargs))
            if sum(len(nodes) for _, _, nodes in waiting) == before:
                raise ValueError(f"the file is damaged: in the model {config['rest'].get('name')!r} calls depend on each other")

        def end(place: list[JSON]) -> SymbolicTensor:
            name, node, index = place[:3]
            found: SymbolicTensor = results[name][node - 1 if shift[name] else node][index]
            return found

        inputs, outputs = (_mapped(structure, end) for structure in config["ends"])
        kind, rest = config.get("kind", Model), config["rest"]
        if kind is Model:
            rest = {name: value for name, value in rest.items() if name in ("name", "trainable")}
        made: Model = kind(inputs, outputs, **rest)
        return made


def _ready(node: object, results: Mapping[str, list[list[SymbolicTensor]]]) -> bool:
    if isinstance(node, Mapping) and set(node) == {_TENSOR}:
        name, number = node[_TENSOR][:2]
        if name not in results:
            raise ValueError(f"the file is damaged: it uses the output of a layer {name!r}, which it does not have")
        return bool(len(results[name]) > number)
    members = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return all(_ready(one, results) for one in members)


def _filled(value: object, results: Mapping[str, list[list[SymbolicTensor]]]) -> Tensors:
    if isinstance(value, list):
        return [_filled(item, results) for item in value]
    if not isinstance(value, Mapping):
        return value
    if set(value) == {_TENSOR}:
        name, node, index = value[_TENSOR][:3]
        return results[name][node][index]
    if set(value) == {_SLICE}:
        return slice(*value[_SLICE])
    if set(value) == {_ELLIPSIS}:
        return ...
    return {name: _filled(item, results) for name, item in value.items()}


def _called(layer: Layer, args: list[Tensors], kwargs: Options) -> list[SymbolicTensor]:
    if isinstance(layer, Mapping) and layer["operation"][0] in OF_TENSORFLOW:
        return results_of_tensorflow(layer["operation"][1], args, kwargs)
    if isinstance(layer, Mapping):
        return flatten(applied(layer["operation"][0], layer["operation"][1], args, kwargs))
    given = {name: value for name, value in kwargs.items() if not _is_nothing(value)}
    return leaves(layer(*args, **given))


def _is_nothing(value: object) -> bool:
    """Whether an argument is `None`, or for each of several inputs `None`, as their masks in Keras 3.0."""
    return value is None or (isinstance(value, list) and bool(value) and all(one is None for one in value))


def _mapped(structure: JSON, function: Callable[[JSON], JSON]) -> object:
    if isinstance(structure, Mapping):
        return {name: _mapped(one, function) for name, one in structure.items()}
    if isinstance(structure, list) and structure and isinstance(structure[0], str):
        return function(structure)
    items = [_mapped(one, function) for one in structure]
    return tuple(items) if isinstance(structure, tuple) else items
