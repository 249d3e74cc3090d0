"""Read and write Keras files: whole models (`.keras`), weights (`.weights.h5`), and read older whole models (`.h5`)."""

import json
from collections.abc import Mapping
from pathlib import Path

from minidl.config.loading import loading
from minidl.config.types import JSON, CustomObjects
from minidl.interop.hdf5 import opened, written
from minidl.interop.keras_2 import with_meanings_of_keras_2
from minidl.interop.keras_archive import Archive, archive_bytes, read_archive, warn_of_newer_keras
from minidl.interop.keras_compile import compile_like, restore_optimizer
from minidl.interop.keras_configs import model_config
from minidl.interop.keras_h5 import assign_by_order, with_modules
from minidl.interop.keras_objects import from_keras
from minidl.interop.keras_paths import places
from minidl.interop.keras_weights import assign_from_keras, collected
from minidl.layers.preprocessing.base_lookup import Lookup
from minidl.layers.preprocessing.lookup import IntegerLookup
from minidl.models.model import Model
from minidl.saving.assets import load_assets, saved_assets, saves_assets
from minidl.saving.errors import unchanged_on_error
from minidl.saving.files import FilePath, first_bytes


def save_keras(model: Model) -> bytes:
    """The bytes of a `.keras` file with a built model: architecture, weights, compile settings and optimizer.

    Raises:
        ValueError: the model holds something that Keras does not have.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> save_keras(model)[:2]
        b'PK'
    """
    config = model_config(model)
    json.dumps(config)
    assets = {
        f"{place.path}/{name}": content
        for place in places(model)
        if saves_assets(place.owner)
        for name, content in saved_assets(place.owner).items()
    }
    return archive_bytes(config, save_keras_weights(model), assets)


def save_keras_weights(model: Model) -> bytes:
    """The bytes of a `.weights.h5` file with the weights of a built model and, as in Keras, the state of its optimizer.

    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> save_keras_weights(model)[1:4]
        b'HDF'
    """
    arrays, names = collected(model)
    if model.compiled:
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        names["optimizer/vars"] = optimizer.name
        arrays |= {f"optimizer/vars/{number}": variable.numpy() for number, variable in enumerate(optimizer.variables)}
    return written(arrays, {path: {"name": name} for path, name in names.items()})


def load_keras(filepath: FilePath, custom_objects: CustomObjects | None = None, compile: bool = True) -> Model:
    """The model in a `.keras` file.

    Args:
        filepath: the file.
        custom_objects: your own classes and functions by name, unless they are registered.
        compile: whether to compile it like the original, with its optimizer's state.
    Raises:
        ValueError: the file is damaged, or holds something that minidl does not have.
    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> model.save("model.keras")
        >>> load_keras("model.keras").output_shape
        (None, 2)
    """
    path = Path(filepath)
    archive = read_archive(path)
    warn_of_newer_keras(archive.version, path)
    config = with_meanings_of_keras_2(archive.config, archive.version, custom_objects)
    with opened(archive.weights, str(path)) as file, loading(file.size, path.stat().st_size):
        model = from_keras(with_modules(config), custom_objects, str(path))
        if not isinstance(model, Model):
            raise ValueError(f"{path} does not hold a model, but {type(model).__name__}")
        _build(model, archive)
        assign_from_keras(model, file, str(path))
        _load_assets(model, archive.assets)
        settings = archive.config.get("compile_config")
        if compile and settings:
            compile_like(model, settings, custom_objects, str(path))
            restore_optimizer(model, file, str(path))
    return model


def load_keras_weights(model: Model, filepath: FilePath, skip_mismatch: bool = False) -> None:
    """Load the weights in a `.weights.h5`, `.keras` or older `.h5` file into a built model; all of them, or none.

    As in Keras, the optimizer's state in a `.weights.h5` or `.keras` file is restored if the model's optimizer is built.

    Example:
        >>> model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
        >>> model.save_weights("model.weights.h5")
        >>> load_keras_weights(model, "model.weights.h5")
    """
    path = Path(filepath)
    content: Path | bytes = read_archive(path).weights if first_bytes(path) == "zip" else path
    with opened(content, str(path)) as file:
        if "layer_names" in file.group.attrs or "model_weights" in file:
            assign_by_order(model, file.inside("model_weights") if "model_weights" in file else file, str(path))
        else:
            with unchanged_on_error(model):  # also if the optimizer's state is damaged
                assign_from_keras(model, file, str(path), skip_mismatch)
                if model.compiled and model.optimizer.built:  # one that was never used starts as it is, as in Keras
                    restore_optimizer(model, file, str(path))


def _build(model: Model, archive: Archive) -> None:
    """Build a model that its config alone does not build: a `Sequential` without `Input`, or a class with `call`."""
    _set_vocabularies(model, archive.assets)
    if model.built:
        return
    config = archive.config.get("build_config") or {}
    shape = config.get("input_shape", archive.config["config"].get("build_input_shape"))
    if shape is not None:
        model.build(_as_shapes(shape))


def _as_shapes(shape: JSON) -> object:
    if isinstance(shape, Mapping):
        return {name: _as_shapes(one) for name, one in shape.items()}
    is_shape = all(size is None or isinstance(size, int) for size in shape)
    return tuple(shape) if is_shape else [_as_shapes(one) for one in shape]


def _load_assets(model: Model, assets: Mapping[str, bytes]) -> None:
    """Call `load_assets` of layers whose classes define it."""
    for place in places(model):
        start = f"{place.path}/"
        if files := {name.removeprefix(start): content for name, content in assets.items() if name.startswith(start)}:
            load_assets(place.owner, files)


def _set_vocabularies(model: Model, assets: Mapping[str, bytes]) -> None:
    """Give lookup layers the terms that Keras stores next to the weights, a line for each term.

    Raises:
        ValueError: a vocabulary is not text.
    """
    owners = {place.path: place.owner for place in places(model)}
    for path, content in assets.items():
        layer = owners.get(path.removesuffix("/vocabulary.txt").removesuffix("/_lookup_layer"))
        if path.endswith("/vocabulary.txt") and isinstance(layer, Lookup) and layer.vocabulary is None:
            terms = content.decode().rstrip("\n").split("\n")
            layer.set_vocabulary([int(term) for term in terms] if isinstance(layer, IntegerLookup) else terms)
