"""One safetensors file for a model: architecture and settings as JSON in its metadata, weights and optimizer state as tensors.

Nothing in a file is ever executed, and no module path in it is followed: classes are found in the registry alone. Files are
written under another name in the same folder and then moved into place, so that a crash never leaves half a file.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minidl.config import registry
from minidl.config.loading import loading
from minidl.config.types import Array, Shape
from minidl.layers.traversal import weight_paths, with_sublayers
from minidl.saving.assets import load_assets, saved_assets, saves_assets
from minidl.saving.checksum import checksum
from minidl.saving.description import check_complete, check_named, check_older, check_types
from minidl.saving.errors import reading, unchanged_on_error
from minidl.saving.files import FilePath, check_target, existing, first_bytes, write_atomically
from minidl.saving.partial import assign_fitting
from minidl.saving.plain_state import pack, unpack
from minidl.saving.tensor_file import read_tensor_file
from minidl.variable import Variable

FORMAT = 2
_KEY = "minidl"  # the one metadata key; its value is a JSON string


def save_model(model: Any, filepath: FilePath, overwrite: bool = True) -> None:
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
    head: dict[str, Any] = {"format": FORMAT, "kind": "model", "model": registry.serialize(model)}
    head |= {"weights": list(tensors), "build_shape": registry.serialize(model.build_shape)}
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
        head |= _optimizer_head(model)
        tensors |= _optimizer_slots(model)
    tensors |= _assets(model)
    head["slots"] = [name for name in tensors if name.startswith("optimizer/")]
    check_named(head, model.title)
    _write(filepath, tensors, head, overwrite)


def save_weights(model: Any, filepath: FilePath, overwrite: bool = True) -> None:
    """Save only the weights of a built model."""
    check_built(model)
    tensors = {path: variable.value for path, variable in weight_paths(model).items() if not variable.is_carried}
    _write(filepath, tensors, {"format": FORMAT, "kind": "weights", "weights": list(tensors)}, overwrite)


def load_model(filepath: FilePath, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Any:
    """Load a model that `save` wrote; predictions and further training are the same as with the original.

    Args:
        filepath: the file.
        custom_objects: your own classes and functions by name, unless they are registered.
        compile: whether to compile it like the original.
    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, of another kind or a newer format, or names an unknown class.
    """
    head, tensors = _read(filepath)
    if head.get("kind") == "weights":
        raise ValueError(f"{filepath} holds only weights; make the model and call model.load_weights({str(filepath)!r})")
    check_complete(head, tensors, filepath)
    with loading(sum(tensor.nbytes for tensor in tensors.values()), existing(filepath).stat().st_size):
        model = registry.deserialize(head["model"], custom_objects)
        if not hasattr(type(model), "fit"):
            raise ValueError(f"{filepath} does not hold a model, but {type(model).__name__}")
        if not model.built:
            model.build(registry.deserialize(head["build_shape"]))
        _assign(model.variables, model, head["weights"], tensors, filepath)
        _restore_settings(model, head, filepath)
        model.column_names = head.get("columns")
        _load_assets(model, tensors)
        if compile and "compile" in head:
            model.compile(**registry.deserialize(head["compile"], custom_objects))
            _restore_optimizer(model, head, tensors)
    return model


def load_weights(model: Any, filepath: FilePath, skip_mismatch: bool = False) -> None:
    """Load weights into a built model of the same architecture; nothing changes unless all of them fit.

    With `skip_mismatch` layers whose weights do not fit are skipped with a warning.
    """
    check_built(model)
    head, tensors = _read(filepath)
    names = [name for name in head["weights"] if name not in head.get("carried", ())]
    if skip_mismatch:
        assign_fitting(model, names, tensors)
        return
    _assign(model.weights, model, names, tensors, filepath)


def save_state(model: Any, filepath: FilePath, progress: Mapping[str, Any]) -> None:
    """Save everything that training changes in a compiled model, and its progress, to resume training later.

    Args:
        model: a model in training.
        filepath: the path.
        progress: data, which `load_state` returns.
    """
    tensors, optimizer = _weights(model), model.optimizer
    head: dict[str, Any] = {"format": FORMAT, "kind": "state", "weights": list(tensors)}
    outside: dict[str, Array] = {}
    head["progress"] = pack(dict(progress), outside)
    head["generators"] = [registry.serialize(generator.bit_generator.state) for generator in model.generators]
    head |= _optimizer_head(model) | {"optimizer": type(optimizer).__name__}
    rate = optimizer.constructor_arguments().get("learning_rate")
    head["learning_rate"] = float(rate) if isinstance(rate, (int, float, np.number)) else None  # a schedule computes it again
    _write(filepath, tensors | _optimizer_slots(model) | outside, head, overwrite=True)


def load_state(model: Any, filepath: FilePath, check: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
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


def _load_state(model: Any, filepath: FilePath, check: Callable[[dict[str, Any]], None] | None) -> dict[str, Any]:
    head, tensors = _read(filepath)
    if head.get("kind") != "state" or len(head["generators"]) != len(model.generators):
        raise ValueError(f"{filepath} does not hold a training state of {model.title}")
    _check_weights(model.variables, model, head["weights"], tensors, filepath)
    _check_optimizer(model, head, tensors, filepath)
    progress: dict[str, Any] = unpack(head["progress"], tensors)
    if check is not None:
        check(progress)
    _assign(model.variables, model, head["weights"], tensors, filepath)
    for generator, state in zip(model.generators, head["generators"], strict=True):
        generator.bit_generator.state = registry.deserialize(state)
    if head["learning_rate"] is not None:
        model.optimizer.learning_rate = head["learning_rate"]
    _restore_optimizer(model, head, tensors)
    return progress


def _restore_settings(model: Any, head: Mapping[str, Any], filepath: FilePath) -> None:
    """Restore names, `trainable` and random states by position, since automatic names differ between processes."""
    layers, variables, generators = with_sublayers(model), model.variables, model.generators
    known = {"trainable": layers, "names": layers, "paths": variables, "generators": generators}
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
    for generator, state in zip(generators, head["generators"], strict=True):
        generator.bit_generator.state = registry.deserialize(state)


_OWN = "own_variables_of_the_optimizer/"  # made with `add_variable`


def _optimizer_head(model: Any) -> dict[str, Any]:
    optimizer, paths = model.optimizer, weight_paths(model)
    not_decayed = [path for path, variable in paths.items() if optimizer.is_excluded(variable)]
    return {"iterations": optimizer.batches, "scalars": optimizer.scalars, "not_decayed": not_decayed}


def _optimizer_slots(model: Any) -> dict[str, Array]:
    optimizer = model.optimizer
    found: dict[str, Array] = {}
    for path, variable in weight_paths(model).items():
        if optimizer.batches and not variable.is_state:
            found |= {f"optimizer/{path}/{name}": slot for name, slot in optimizer.slots(variable).items()}
    own = {} if not optimizer.batches else {f"{_OWN}{n}": made.value for n, made in enumerate(optimizer.own_variables)}
    return found | own


def _restore_optimizer(model: Any, head: Mapping[str, Any], tensors: Mapping[str, Array]) -> None:
    model.optimizer.batches = head["iterations"]
    model.optimizer.scalars = dict(head.get("scalars", {}))
    not_decayed = set(head.get("not_decayed", ()))
    model.optimizer.exclude_from_weight_decay(
        [variable for name, variable in zip(head["weights"], model.variables, strict=True) if name in not_decayed]
    )
    own = [tensors[name] for name in (f"{_OWN}{number}" for number in range(len(tensors))) if name in tensors]
    model.optimizer.build(model.trainable_weights if own else model.plan.weights)
    for variable, value in zip(model.optimizer.own_variables, own, strict=True) if own else ():
        variable.assign(value)
    for path, variable in zip(head["weights"], model.variables, strict=True):
        for name, slot in model.optimizer.slots(variable).items():
            if f"optimizer/{path}/{name}" in tensors:
                slot[...] = tensors[f"optimizer/{path}/{name}"]


def _check_optimizer(model: Any, head: Mapping[str, Any], tensors: Mapping[str, Array], filepath: FilePath) -> None:
    """Raise ValueError if the saved state belongs to another optimizer, or one with other slots."""
    optimizer, saved = model.optimizer, _saved_shapes(head, tensors)
    needed = [{} if variable.is_state else _needed_shapes(optimizer, variable) for variable in model.variables]
    title = type(optimizer).__name__
    if head["optimizer"] != title or (head["iterations"] and saved != needed):  # before the first batch there is no state
        had, has = (
            f"{name} with {', '.join(sorted({slot for one in slots for slot in one})) or 'no state'}"
            for name, slots in ((head["optimizer"], saved), (title, needed))
        )
        raise ValueError(
            f"{filepath} was written with {had}, and {model.title} is compiled with {has}; "
            f"compile it with the same optimizer, or delete the file to start over"
        )


def _needed_shapes(optimizer: Any, variable: Variable) -> dict[str, Shape]:
    """The shapes of an optimizer's slots for a variable, computed with copies so that neither changes."""
    beginner = optimizer.with_arguments()
    slots = beginner.slots(Variable(np.zeros(variable.shape), dtype=variable.dtype, name=variable.name))
    return {name: slot.shape for name, slot in slots.items()}


def _saved_shapes(head: Mapping[str, Any], tensors: Mapping[str, Array]) -> list[dict[str, Shape]]:
    """For each weight, in order, the shapes of its optimizer slots in the file, by name."""
    shapes: dict[str, dict[str, Shape]] = {name: {} for name in head["weights"]}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            path, _, slot = name.removeprefix("optimizer/").rpartition("/")
            shapes.setdefault(path, {})[slot] = tensor.shape
    return list(shapes.values())


_ASSETS = "assets/"  # then the number of the layer, and the path of a file


def _assets(model: Any) -> dict[str, Array]:
    """The files of layers with `save_assets`, as arrays of bytes."""
    return {
        f"{_ASSETS}{number}/{name}": np.frombuffer(content, np.uint8)
        for number, layer in enumerate(with_sublayers(model))
        if saves_assets(layer)
        for name, content in saved_assets(layer).items()
    }


def _load_assets(model: Any, tensors: Mapping[str, Array]) -> None:
    for number, layer in enumerate(with_sublayers(model)):
        start = f"{_ASSETS}{number}/"
        if files := {name.removeprefix(start): one.tobytes() for name, one in tensors.items() if name.startswith(start)}:
            load_assets(layer, files)


def _weights(model: Any) -> dict[str, Array]:
    return {path: variable.value for path, variable in weight_paths(model).items()}


def check_built(model: Any) -> None:
    """Raise ValueError if the model has no weights yet."""
    if not model.built:
        raise ValueError(
            f"{model.title} is not built yet, so it has no weights: begin it with Input(shape), or call it on data"
        )


def _assign(variables: list[Variable], model: Any, names: list[str], tensors: Mapping[str, Array], filepath: FilePath) -> None:
    _check_weights(variables, model, names, tensors, filepath)
    for name, variable in zip(names, variables, strict=True):
        variable.assign(tensors[name])


def _check_weights(
    variables: list[Variable], model: Any, names: list[str], tensors: Mapping[str, Array], filepath: FilePath
) -> None:
    found = [tensors[name].shape for name in names]
    wanted = [variable.shape for variable in variables]
    if found != wanted:
        place = next(
            (i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), min(len(found), len(wanted))
        )
        found_one = f"{names[place]!r} of shape {found[place]}" if place < len(found) else "nothing more"
        expects = f"{variables[place].name!r} of shape {wanted[place]}" if place < len(wanted) else "nothing more"
        raise ValueError(
            f"{filepath} holds {len(found)} weights and {model.title} has {len(wanted)}; "
            f"they differ first at number {place + 1}: the file has {found_one}, the model expects {expects}"
        )


def _write(filepath: FilePath, tensors: Mapping[str, Array], head: dict[str, Any], overwrite: bool) -> None:
    from safetensors.numpy import save

    path = check_target(filepath, overwrite)
    contiguous = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}  # safetensors issue 825
    head = json.loads(json.dumps(head))  # as it will be read
    write_atomically(path, save(contiguous, metadata={_KEY: json.dumps(head | {"checksum": checksum(head, contiguous)})}))


def _check_not_keras(path: Path) -> None:
    """Refuse a file that Keras wrote: a zip archive or an HDF5 file."""
    if kind := first_bytes(path):
        ending = ".keras" if kind == "zip" else ".weights.h5, or .h5 for a whole model"
        raise ValueError(f"{path} was written by Keras, not by safetensors; rename it to end in {ending}, and load it again")


def _read(filepath: FilePath) -> tuple[dict[str, Any], dict[str, Array]]:
    path = existing(filepath)
    _check_not_keras(path)
    metadata, tensors = read_tensor_file(path)
    if _KEY not in metadata:
        raise ValueError(f"{path} is a safetensors file, but minidl did not write it: its metadata has no {_KEY!r}")
    try:
        head = json.loads(metadata[_KEY])
        check_types(head)
        missing = [name for name in head["weights"] if name not in tensors]
        newer, older = head["format"] > FORMAT, head["format"] < FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: its description of the model cannot be read ({error!r})") from error
    if newer:
        raise ValueError(f"{path} has format {head['format']}, this minidl reads up to {FORMAT}: install a newer one")
    if older and head.get("kind") != "weights":
        raise ValueError(f"{path} has format {head['format']}, which this minidl no longer reads: it reads {FORMAT}")
    if missing:
        raise ValueError(f"{path} is damaged: the weights {missing} are missing")
    expected = head.pop("checksum", None)  # older files have none
    if expected is None:
        check_older(head)
    elif expected != checksum(head, tensors):
        raise ValueError(f"{path} is damaged: its content does not match its checksum; use another copy of the file")
    return head, tensors
