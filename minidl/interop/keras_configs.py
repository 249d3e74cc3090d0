"""Configs of models as Keras writes them, from minidl's: classes under Keras's names, and graphs as calls of layers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minidl.config import registry
from minidl.config.nest import flatten
from minidl.config.tree import pack
from minidl.config.types import JSON, Config, Options
from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.graph.shapes import nested_shapes
from minidl.interop.keras_graphs import WITH_TUPLES
from minidl.interop.keras_operations import written_operation
from minidl.models.model import Model

# What files of Keras cannot hold, as Keras has no such class.
_NOT_IN_KERAS = {
    "layers": ("PositionEmbedding", "SinePositionEncoding"),
    "losses": ("FunctionLoss",),
    "optimizers": ("LBFGS",),
    "optimizers.schedules": ("OneCycle",),
}
_ACTIVATION_NOT_IN_KERAS = "keras_2_hard_sigmoid"
# Classes that Keras does not export -> the modules that define them.
_PRIVATE = {
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
    "LayerScale": "keras.src.applications.convnext",
}
_OURS_ALONE = ("autocast", "input_shape")  # arguments that say nothing in a file of Keras
_OURS_IF_GIVEN = ("activity_regularizer", "backward", "inputs", "outputs")
_WITHOUT_TRAINABLE = ("Discretization", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")  # they have no weights
_RECURRENT = ("RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional")
_STATES = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}
_TENSORS_ONE_BY_ONE = ("MultiHeadAttention", "GroupQueryAttention")


def model_config(model: Model) -> Config:
    """The description of a model in a `.keras` file.

    Raises:
        ValueError: it holds something that Keras does not have; names it.
    """
    config: Config = to_keras(registry.serialize(model), model.title)
    if not isinstance(model.network, (Chain, Graph)):  # code with call: its layers are not in the config
        config["build_config"] = {"input_shape": as_lists(nested_shapes(model._input_structure, model.build_shape))}
    elif model.built and model.network.input_shape is None:  # a Sequential without Input
        config["build_config"] = {"input_shape": [None, *model.build_shape[1:]]}
    if model.compiled:
        config["compile_config"] = compile_config(model)
    return config


def compile_config(model: Model) -> Config:
    """The arguments of `compile`."""
    loss = [one.fn if type(one).__name__ == "FunctionLoss" else one for one in flatten(model.loss)]
    given = {"optimizer": model.optimizer, "loss": _like(model.loss, loss)} | model.compile_settings
    found: dict[str, object] = to_keras(registry.serialize(given), model.title)
    return found | {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": False}


def _like(structure: object, members: Sequence[object]) -> object:
    if isinstance(structure, Mapping):
        return dict(zip(structure, members, strict=True))
    return members if isinstance(structure, (list, tuple)) else members[0]


def as_lists(shape: object) -> object:
    """Tuples as lists, in lists and dicts too."""
    if isinstance(shape, Mapping):
        return {name: as_lists(one) for name, one in shape.items()}
    return [as_lists(one) for one in shape] if isinstance(shape, (list, tuple)) else shape


def to_keras(value: object, owner: str) -> JSON:
    """A serialized value of minidl in Keras's form."""
    if isinstance(value, list):
        return [to_keras(item, owner) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if not isinstance(kind, str) or "config" not in value:
        return {name: to_keras(item, owner) for name, item in value.items()}
    if kind == "__tuple__":
        return {"class_name": "__tuple__", "config": [to_keras(item, owner) for item in value["config"]["items"]]}
    if kind == "__numpy__":
        return {"class_name": "__numpy__", "config": {"value": value["config"]["value"], "dtype": value["config"]["dtype"]}}
    if kind == "function":
        if config == "<lambda>":
            raise ValueError(f"{owner} holds a lambda, which a file cannot: files hold names, never code; write a function")
        return {**value, "module": _module(value.get("module"))}
    if not isinstance(config, Mapping) or kind == "__dict__":
        raise ValueError(f"{owner} holds {kind}, which a file of Keras cannot; save it as .safetensors")
    _check_known(value, owner)
    if any(name.endswith("activation") and item == _ACTIVATION_NOT_IN_KERAS for name, item in config.items()):
        raise _not_known(owner, _ACTIVATION_NOT_IN_KERAS)
    kept = {name: item for name, item in config.items() if not _says_nothing(kind, name, item)}
    inner = {name: to_keras(item, owner) for name, item in kept.items() if name != "calls"}
    if "calls" in config:
        return _graph(value, inner, config["calls"], owner)
    if value.get("module") == "minidl.models":
        inner.pop("activity_regularizer", None)
        return {"module": "keras", "class_name": kind, "config": inner, "registered_name": None}
    if value.get("module") == "minidl.applications":
        return {**value, "module": _PRIVATE[kind], "config": inner, "registered_name": kind}
    return {**value, "module": _module(value.get("module")), "config": inner}


def _says_nothing(kind: str, name: str, value: object) -> bool:
    """Whether an argument has its default, which some of Keras's constructors do not take."""
    if name in _OURS_ALONE or (name in _OURS_IF_GIVEN and value is None):
        return True
    return name == "trainable" and (value is True or kind in _WITHOUT_TRAINABLE) and kind not in ("Sequential", "Model")


def _module(module: JSON) -> str:
    return f"keras.{module.partition('.')[2]}" if str(module).startswith("minidl.") else module


def _check_known(value: Mapping[str, object], owner: str) -> None:
    library, _, package = str(value.get("module")).partition(".")
    if library == "minidl" and (value["class_name"] in _NOT_IN_KERAS.get(package, ()) or value["class_name"] == "Draw"):
        raise _not_known(owner, value["class_name"])


def _not_known(owner: str, name: str) -> ValueError:
    return ValueError(
        f"{owner} holds {name}, which Keras does not have, so that a .keras file cannot hold it; save it as .safetensors"
    )


def _graph(value: Mapping[str, JSON], inner: dict[str, JSON], calls: list[JSON], owner: str) -> dict[str, JSON]:
    """A functional model: each layer with the calls that are made of it."""
    layers, specs = inner["layers"], inner["input_specs"]
    names = [layer["config"]["name"] for layer in layers]
    places: list[tuple[str, int]] = []
    counts = dict.fromkeys(range(len(layers)), 0)
    for call in calls:
        places.append((names[call["layer"]], counts[call["layer"]]))
        counts[call["layer"]] += 1

    def history(place: list[int]) -> list[JSON]:
        if place[0] == -1:
            return [names[specs[place[1]]["layer"]], 0, 0]
        return [*places[place[0]], place[1]]

    def end(place: list[int]) -> list[JSON]:
        name, node, index = history(place)
        nested = place[0] >= 0 and layers[calls[place[0]]["layer"]]["class_name"] == "Functional"
        return [name, node + 1 if nested else node, index]  # Keras counts a node of its own for a functional model

    def tensor(place: list[int]) -> dict[str, object]:
        return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": history(place)}}

    described = []
    for number, layer in enumerate(layers):
        nodes = []
        plain = layer
        for call in (one for one in calls if one["layer"] == number):
            several = not call["inputs"] or isinstance(call["inputs"][0], list)
            tensors = [tensor(one) for one in call["inputs"]] if several else tensor(call["inputs"])
            if layer["class_name"] == "OperationCall":
                plain, args, kwargs = written_operation(layer, tensors, owner)
            else:
                args, kwargs = _arguments(layer, tensors, to_keras(call["options"], owner))
                kwargs |= {} if call["mask"] is None else {"mask": tensor(call["mask"])}
                kwargs |= {} if call["training"] is None else {"training": call["training"]}
            nodes.append({"args": args, "kwargs": kwargs})
        described.append({**plain, "name": names[number], "inbound_nodes": nodes})
    ends = {"input_layers": (inner["structure"]["inputs"], history), "output_layers": (inner["structure"]["outputs"], end)}
    structure = {side: _mapped(part, place) for side, (part, place) in ends.items()}
    kept = {side: _mapped(part, place, keeps_tuples=True) for side, (part, place) in ends.items()}
    config = {"name": inner["name"], "trainable": inner.get("trainable", True), "layers": described, **structure}
    owner_config = {"config": config} if kept == structure else {"config": config, WITH_TUPLES: kept}
    if value.get("module") == "minidl.models":
        return {"module": "keras.src.models.functional", "class_name": "Functional", **owner_config} | {
            "registered_name": "Functional"
        }
    return {**value, **owner_config}


def _mapped(structure: JSON, function: Callable[[JSON], JSON], keeps_tuples: bool = False) -> object:
    if isinstance(structure, Mapping) and structure.get("class_name") == "__tuple__":  # Keras's files have lists
        items = _mapped(structure["config"], function, keeps_tuples)
        return {"class_name": "__tuple__", "config": items} if keeps_tuples else items
    if isinstance(structure, Mapping):
        return {name: _mapped(one, function, keeps_tuples) for name, one in structure.items()}
    if isinstance(structure, list) and structure and isinstance(structure[0], int):
        return function(structure)
    return [_mapped(one, function, keeps_tuples) for one in structure]


def _arguments(layer: Mapping[str, JSON], tensors: object, options: Options) -> tuple[list[JSON], dict[str, JSON]]:
    """The arguments of Keras's call, from our tensors and options."""
    kind, template = layer["class_name"], options.pop("arguments", None)
    if template is not None:
        return _filled(template["args"], tensors), {**_filled(template["kwargs"], tensors), **options}
    if kind in _TENSORS_ONE_BY_ONE and isinstance(tensors, list):
        return tensors, options
    if kind in _RECURRENT and isinstance(tensors, list):
        return [tensors[0]], {"initial_state": tensors[1:], **options}
    if isinstance(tensors, list) and (structure := _state_structure(layer)) is not None:
        return [tensors[0], pack(structure, tensors[1:])], options
    return [tensors], options


def _state_structure(layer: Mapping[str, JSON]) -> list[JSON] | None:
    """Nested lists with a value for each state of a cell; `None` for other layers, and for the user's cells."""
    if layer["class_name"] != "StackedRNNCells":
        count = _STATES.get(layer["class_name"])
        return None if count is None else [None] * count
    parts = [_state_structure(cell) for cell in layer["config"]["cells"]]
    return None if None in parts else parts


def _filled(value: object, tensors: Any) -> JSON:
    if isinstance(value, Mapping):
        return tensors[value["tensor"]] if set(value) == {"tensor"} else {k: _filled(v, tensors) for k, v in value.items()}
    return [_filled(item, tensors) for item in value] if isinstance(value, list) else value
