"""Save and load a model, its weights, or the state of its training, in one safetensors file.

Nothing in a file is ever executed, and no module path in it is followed: classes are found in the registry alone.
"""

import os
from collections.abc import Callable, Mapping

import numpy as np

from minidl.config import registry
from minidl.config.layer_like import ModelLike
from minidl.config.loading import loading
from minidl.config.randomness import LateGenerator
from minidl.config.types import Array, Config, CustomObjects, State
from minidl.graph.shapes import nested_shapes
from minidl.layers.layer import Layer
from minidl.layers.traversal import weight_paths, with_sublayers
from minidl.saving.assets import load_assets, saved_assets, saves_assets
from minidl.saving.description import check_complete, check_named
from minidl.saving.errors import reading, unchanged_on_error
from minidl.saving.files import FilePath
from minidl.saving.model_file import FORMAT, read_model_file, write_model_file
from minidl.saving.optimizer_state import check_optimizer, optimizer_head, optimizer_slots, restore_optimizer
from minidl.saving.partial import assign_fitting
from minidl.variable import Variable

_LISTED = 20  # weights that an error lists at most


def save_model(model: ModelLike, filepath: FilePath, overwrite: bool = True) -> None:
    """Save a built model: architecture, weights, compile settings, optimizer and random state.

    Args:
        model: a `Model` or `Sequential`.
        filepath: the path, usually ending in ".safetensors".
        overwrite: whether an existing file may be replaced.
    Raises:
        ValueError: the model is not built yet, or holds a lambda.
        FileExistsError: the file exists and `overwrite` is false.
    """
    check_built(model)
    tensors = _weights(model)
    head: State = {"format": FORMAT, "kind": "model", "model": registry.serialize(model)}
    shape = nested_shapes(model._input_structure, model.build_shape)
    head |= {"weights": list(tensors), "build_shape": registry.serialize(shape)}
    layers = with_sublayers(model)
    head |= {"names": [layer.name for layer in layers], "trainable": [layer._trainable for layer in layers]}
    head["paths"] = [variable.path for variable in model.variables]
    head["carried"] = [path for path, variable in weight_paths(model).items() if variable.is_carried]
    head["columns"] = model.column_names
    head["frozen"] = [path for path, variable in weight_paths(model).items() if not variable.trainable]
    head["generators"] = [registry.serialize(generator.bit_generator.state) for generator in model.generators]
    if model.compiled:
        optimizer = model.optimizer
        head["compile"] = registry.serialize({"optimizer": optimizer, "loss": model.loss} | model.compile_settings)
        head |= optimizer_head(model)
        tensors |= optimizer_slots(model)
    tensors |= _assets(model)
    head["slots"] = [name for name in tensors if name.startswith("optimizer/")]
    check_named(head, model.title)
    write_model_file(filepath, tensors, head, overwrite)


def save_weights(model: ModelLike, filepath: FilePath, overwrite: bool = True) -> None:
    """Save only the weights of a built model."""
    check_built(model)
    tensors = {path: variable.value for path, variable in weight_paths(model).items() if not variable.is_carried}
    write_model_file(filepath, tensors, {"format": FORMAT, "kind": "weights", "weights": list(tensors)}, overwrite)


def load_model(filepath: FilePath, custom_objects: CustomObjects | None = None, compile: bool = True) -> ModelLike:
    """Load a model that `save` wrote; predictions and further training are the same as with the original.

    Args:
        filepath: the file.
        custom_objects: your own classes and functions by name, unless they are registered.
        compile: whether to compile it like the original.
    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, of another kind or a newer format, or names an unknown class.
    """
    head, tensors = read_model_file(filepath)
    if head.get("kind") == "weights":
        raise ValueError(f"{filepath} holds only weights; make the model and call model.load_weights({str(filepath)!r})")
    check_complete(head, tensors, filepath)
    with loading(sum(tensor.nbytes for tensor in tensors.values()), os.path.getsize(filepath)):
        model = registry.deserialize(head["model"], custom_objects)
        if not getattr(model, "is_model", False):
            raise ValueError(f"{filepath} does not hold a model, but {type(model).__name__}")
        if not model.built:
            model.build(registry.deserialize(head["build_shape"]))
        _assign(model.variables, model, head["weights"], tensors, filepath)
        _restore_settings(model, head, filepath)
        model.column_names = head.get("columns")
        _load_assets(model, tensors)
        if compile and "compile" in head:
            model.compile(**registry.deserialize(head["compile"], custom_objects))
            restore_optimizer(model, head, tensors)
    return model


def load_weights(model: ModelLike, filepath: FilePath, skip_mismatch: bool = False) -> None:
    """Load weights into a built model of the same architecture; nothing changes unless all of them fit.

    With `skip_mismatch` layers whose weights do not fit are skipped with a warning.
    """
    check_built(model)
    head, tensors = read_model_file(filepath)
    names = [name for name in head["weights"] if name not in head.get("carried", ())]
    if skip_mismatch:
        assign_fitting(model, names, tensors)
        return
    _assign(model.weights, model, names, tensors, filepath)


def save_state(model: ModelLike, filepath: FilePath, progress: State) -> None:
    """Save everything that training changes in a compiled model, and its progress, to resume training later."""
    tensors, optimizer = _weights(model), model.optimizer
    head: State = {"format": FORMAT, "kind": "state", "weights": list(tensors)}
    outside: dict[str, Array] = {}
    from minidl.saving.plain_state import pack  # imports numpy.random, which predictions do not need

    head["progress"] = pack(dict(progress), outside)
    head["generators"] = [registry.serialize(generator.bit_generator.state) for generator in model.generators]
    head |= optimizer_head(model) | {"optimizer": type(optimizer).__name__}
    rate = optimizer.constructor_arguments().get("learning_rate")
    head["learning_rate"] = float(rate) if isinstance(rate, (int, float, np.number)) else None  # a schedule computes it again
    write_model_file(filepath, tensors | optimizer_slots(model) | outside, head, overwrite=True)


def load_state(model: object, filepath: FilePath, check: Callable[[State], None] | None = None) -> State:
    """Load what `save_state` wrote into the same model, built and compiled alike; nothing changes unless all of it fits.

    Args:
        model: the model.
        filepath: the file.
        check: called with the saved `progress`; may raise an error.
    Returns:
        The `progress`.
    Raises:
        ModelFileError: the file is damaged, of another kind, of another model, or of another optimizer.
    """
    with reading(filepath), unchanged_on_error(model):
        return _load_state(model, filepath, check)


def _load_state(model: ModelLike, filepath: FilePath, check: Callable[[State], None] | None) -> dict[str, object]:
    head, tensors = read_model_file(filepath)
    if head.get("kind") != "state" or len(head["generators"]) != len(model.generators):
        raise ValueError(f"{filepath} does not hold a training state of {model.title}")
    _check_weights(model.variables, model, head["weights"], tensors, filepath)
    check_optimizer(model, head, tensors, filepath)
    from minidl.saving.plain_state import unpack

    progress: dict[str, object] = unpack(head["progress"], tensors)
    if check is not None:
        check(progress)
    _assign(model.variables, model, head["weights"], tensors, filepath)
    for generator, state in zip(model.generators, head["generators"], strict=True):
        generator.bit_generator.state = registry.deserialize(state)
    if head["learning_rate"] is not None:
        model.optimizer.learning_rate = head["learning_rate"]
    restore_optimizer(model, head, tensors)
    return progress


def _restore_settings(model: ModelLike, head: Config, filepath: FilePath) -> None:
    """Restore names, `trainable` and random states by position, since automatic names differ between processes."""
    layers, variables, sources = with_sublayers(model), model.variables, model.random_sources()
    known = {"trainable": layers, "names": layers, "paths": variables, "generators": sources}
    for key, owners in known.items():
        if key in head and len(head[key]) != len(owners):
            raise ValueError(
                f"{filepath} is damaged, or was written by another version of a class in it: "
                f"it has {len(head[key])} {key}, {model.title} expects {len(owners)}"
            )
    for layer, trainable in zip(layers, head["trainable"], strict=True):
        layer._trainable = trainable
    for name, variable in zip(head["weights"], variables, strict=True):
        variable.trainable = not variable.is_state and name not in head["frozen"]
    for layer, name in zip(layers, head.get("names", ()), strict=False):
        layer.name = name
    for variable, path in zip(variables, head.get("paths", ()), strict=False):
        variable.path = path
    for source, state in zip(sources, head["generators"], strict=True):
        if isinstance(source, LateGenerator):
            source.restore(registry.deserialize(state))
        else:
            source.bit_generator.state = registry.deserialize(state)


_ASSETS = "assets/"  # then the number of the layer, and the path of a file


def _assets(model: Layer) -> dict[str, Array]:
    """The files of layers with `save_assets`, as arrays of bytes."""
    return {
        f"{_ASSETS}{number}/{name}": np.frombuffer(content, np.uint8)
        for number, layer in enumerate(with_sublayers(model))
        if saves_assets(layer)
        for name, content in saved_assets(layer).items()
    }


def _load_assets(model: Layer, tensors: Mapping[str, Array]) -> None:
    files: dict[str, dict[str, bytes]] = {}
    for name, content in tensors.items():
        if name.startswith(_ASSETS):
            number, _, path = name.removeprefix(_ASSETS).partition("/")
            files.setdefault(number, {})[path] = content.tobytes()
    for place, layer in enumerate(with_sublayers(model) if files else ()):
        if str(place) in files:
            load_assets(layer, files[str(place)])


def _weights(model: Layer) -> dict[str, Array]:
    return {path: variable.value for path, variable in weight_paths(model).items()}


def check_built(model: ModelLike) -> None:
    """Raise ValueError if the model has no weights yet."""
    if not model.built:
        raise ValueError(
            f"{model.title} is not built yet, so it has no weights: begin it with Input(shape), or call it on data"
        )


def _assign(
    variables: list[Variable], model: object, names: list[str], tensors: Mapping[str, Array], filepath: FilePath
) -> None:
    _check_weights(variables, model, names, tensors, filepath)
    for name, variable in zip(names, variables, strict=True):
        variable.assign(tensors[name])


def _check_weights(
    variables: list[Variable], model: ModelLike, names: list[str], tensors: Mapping[str, Array], filepath: FilePath
) -> None:
    found = [tensors[name].shape for name in names]
    wanted = [variable.shape for variable in variables]
    if found == wanted:
        return
    paths = {variable: path for path, variable in weight_paths(model).items()}
    lines = []
    for place in range(max(len(found), len(wanted))):
        has = f"{names[place]!r} of shape {found[place]}" if place < len(found) else "nothing more"
        expects = (
            f"{paths.get(variables[place], variables[place].name)!r} of shape {wanted[place]}"
            if place < len(wanted)
            else "nothing more"
        )
        if found[place : place + 1] != wanted[place : place + 1]:
            lines.append(f"number {place + 1}: the file has {has}, the model expects {expects}")
    more = [f"and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    raise ValueError(
        f"{filepath} holds {len(found)} weights and {model.title} has {len(wanted)}, and these differ:\n  "
        + "\n  ".join([*lines[:_LISTED], *more])
    )
