"""Whole models in `.h5`, the older format of Keras 2 and 3, and weights by layer name in such files."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from minidl.config.loading import loading
from minidl.config.public_names import PACKAGES
from minidl.config.types import JSON, Array, CustomObjects
from minidl.graph.chain import Chain
from minidl.graph.graph import Graph
from minidl.interop.hdf5 import Contents, HDF5Item, attribute, numbers, opened, written
from minidl.interop.keras_2 import with_meanings_of_keras_2
from minidl.interop.keras_archive import KERAS_VERSION, warn_of_newer_keras
from minidl.interop.keras_compile import compile_like, set_optimizer
from minidl.interop.keras_configs import model_config
from minidl.interop.keras_objects import from_keras
from minidl.interop.keras_operations import is_operation
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.models.model import Model
from minidl.saving.files import FilePath
from minidl.variable import Variable

_OF_METRICS = dict.fromkeys(("metrics", "weighted_metrics"), "metrics")  # Keras 2 writes classes alone, also of losses


def save_h5(model: Model) -> bytes:
    """The bytes of an `.h5` file with a built model: architecture, weights, compile settings and optimizer.

    Raises:
        ValueError: the model is code with `call`, or holds something that Keras does not have.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> save_h5(model)[1:4]
        b'HDF'
    """
    if not isinstance(model.network, (Chain, Graph)):
        raise ValueError(f"{model.title} is code with call, which .h5 files cannot describe; save it as .keras or .safetensors")
    config = model_config(model)
    settings = config.pop("compile_config", None)
    layers = {layer.name: in_keras_2_order(layer) for layer in model.layers}
    attributes: dict[str, dict[str, object]] = {"": {"model_config": json.dumps(config), "keras_version": KERAS_VERSION}}
    attributes["model_weights"] = {"layer_names": list(layers)}
    groups = {f"model_weights/{name}": variables for name, variables in {**layers, "top_level_model_weights": []}.items()}
    if settings:
        attributes[""]["training_config"] = json.dumps({"optimizer_config": settings.pop("optimizer"), **settings})
        model.optimizer.build(model.trainable_variables)
        groups["optimizer_weights"] = model.optimizer.variables
    arrays: dict[str, Array] = {}
    for group, variables in groups.items():
        names = [f"{variable.path}:{number}" for number, variable in enumerate(variables)]
        attributes[group] = {"weight_names": names}
        arrays |= {f"{group}/{name}": variable.numpy() for name, variable in zip(names, variables, strict=True)}
    return written(arrays, attributes)


def load_h5(filepath: FilePath, custom_objects: CustomObjects | None = None, compile: bool = True) -> Model:
    """The model in an `.h5` file.

    Raises:
        ValueError: the file is damaged, holds only weights, or something that minidl does not have.
    Example:
        `load_h5("model.h5")`; `load_model("model.h5")` does the same, with checks of the file.
    """
    path = Path(filepath)
    with opened(path, str(path)) as file, loading(file.size, path.stat().st_size):
        version, config = _text(attribute(file.group, "keras_version", str(path), "")), _json(file.group, "model_config", path)
        warn_of_newer_keras(version, path)
        if config is None:
            raise ValueError(f"{path} holds only weights; make the model and call model.load_weights({str(path)!r})")
        config = with_meanings_of_keras_2(config, version, custom_objects)
        model = from_keras(with_modules(config), custom_objects, str(path))
        if not isinstance(model, Model):
            raise ValueError(f"{path} does not hold a model, but {type(model).__name__}")
        shape = config["config"].get("build_input_shape") if isinstance(config["config"], Mapping) else None
        if not model.built and shape is not None:
            model.build(tuple(shape))
        assign_by_order(model, file.inside("model_weights"), str(path))
        settings = _json(file.group, "training_config", path)
        if compile and settings:
            settings = {**settings, "optimizer": settings.get("optimizer_config") or settings.get("optimizer")}
            settings = {name: with_modules(item, _OF_METRICS.get(name, "")) for name, item in settings.items()}
            compile_like(model, settings, custom_objects, str(path))
            if "optimizer_weights" in file:
                names = _names(file.group["optimizer_weights"], "weight_names", str(path))
                set_optimizer(model, _named(file, "optimizer_weights", str(path)), str(path), names)
    return model


def assign_by_order(model: Model, file: Contents, title: str) -> None:
    """Assign the weights of such a file layer by layer; nothing changes unless all of them fit.

    Raises:
        ValueError: the layers, or the shapes of their weights, differ; all differences are listed.
    """
    names = _names(file.group, "layer_names", title)
    if lost := [name for name in names if name not in file]:
        raise ValueError(f"{title} is damaged: its layers {lost} are missing")
    stored = [(name, arrays) for name in names if (arrays := _named(file, name, title))]
    layers = [layer for layer in model.layers if not isinstance(layer, InputLayer) and layer.weights]
    wrong = []
    if len(stored) != len(layers):
        wrong.append(
            f"the file has weights of the layers {[name for name, _ in stored]}, the model of {[x.name for x in layers]}"
        )
    pairs: list[tuple[Variable, Array]] = []
    for (name, arrays), layer in zip(stored, layers, strict=False):
        variables = in_keras_2_order(layer)
        if [array.shape for array in arrays] == [variable.shape for variable in variables]:
            pairs += zip(variables, arrays, strict=True)
        else:
            shapes, ours = [array.shape for array in arrays], [variable.shape for variable in variables]
            wrong.append(f"{layer.title} has weights of shapes {ours}, the file has {shapes} for its layer {name!r}")
    if wrong:
        raise ValueError(f"{title} does not fit {model.title}:\n  " + "\n  ".join(wrong))
    for variable, array in pairs:
        variable.assign(array)


def in_keras_2_order(layer: Layer) -> list[Variable]:
    """Trainable variables, then the others."""
    variables = layer.weights
    return [v for v in variables if v.trainable] + [v for v in variables if not v.trainable]


def with_modules(value: JSON, package: str = "") -> JSON:
    """Configs without modules, as in Keras 2, with the packages of their classes; `package` is looked into first."""
    if isinstance(value, list):
        return [with_modules(item, package) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: with_modules(item, package) for name, item in value.items()}
    kind = found.get("class_name")
    if kind == "MeanMetricWrapper" and isinstance(found["config"].get("fn"), str):  # a metric by name, in Keras 2
        return "accuracy" if found["config"].get("name") == "accuracy" else found["config"]["fn"]
    if isinstance(kind, str) and isinstance(found.get("config"), Mapping) and not found.get("module"):
        called = "inbound_nodes" in found and "trainable" not in found["config"]  # layers write whether they are trainable
        found["module"] = "keras.ops" if called and is_operation(kind) else f"keras.{_package(kind, package)}"
    return found


def _package(kind: str, first: str) -> str:
    order = (
        first,
        "models",
        "layers",
        "initializers",
        "regularizers",
        "constraints",
        "optimizers",
        "optimizers.schedules",
        "losses",
    )
    return next((package for package in (*order, "metrics") if kind in PACKAGES.get(package, ())), "layers")


def _json(file: HDF5Item, name: str, path: Path) -> JSON:
    value = attribute(file, name, str(path))
    try:
        return None if value is None else json.loads(_text(value))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: its {name} cannot be read ({error})") from error


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _names(group: HDF5Item, attribute_name: str, title: str) -> list[str]:
    """The names in an attribute; raises ValueError for one that is in it twice, whose arrays would be read twice."""
    names = [_text(name) for name in attribute(group, attribute_name, title, ())]
    if len(set(names)) < len(names):
        raise ValueError(f"{title} is damaged: {attribute_name} names {Counter(names).most_common(1)[0][0]!r} twice")
    return names


def _named(file: Contents, name: str, title: str) -> list[Array]:
    """The arrays of a group in the order of its attribute `weight_names`; random states of a back end are left out."""
    names = _names(file.group[name], "weight_names", title)
    if missing := [one for one in names if f"{name}/{one}" not in file.arrays]:
        raise ValueError(f"{title} is damaged: {missing} are missing")
    return [numbers(file.arrays[f"{name}/{one}"], one, title) for one in names if "seed_generator" not in one]
