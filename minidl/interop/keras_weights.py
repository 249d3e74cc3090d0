"""The variables of a model in a Keras file: collected for writing, compared and assigned after reading."""

import re
from contextlib import nullcontext

import numpy as np

from minidl.config.model_warning import ModelWarning
from minidl.config.types import Array, Options
from minidl.config.user_warnings import warn_user
from minidl.interop.hdf5 import Contents, Stored, numbers
from minidl.interop.keras_paths import Place, keras_stem, places
from minidl.layers.layer import Layer
from minidl.layers.normalization.spectral_normalization import SpectralNormalization
from minidl.layers.weight_owner import WeightOwner
from minidl.models.model import Model
from minidl.saving.errors import unchanged_on_error
from minidl.variable import Variable

_WITHOUT_COUNTERPART = ("seed_generator", "random_generator", "_random_generator", "metrics")  # of a back end, in older files
_MOST_ITERATIONS = 1000  # of power_iterations in a file, for which loading computes a norm
# Attributes of MultiHeadAttention, which Keras 2 calls _query_dense ...
_OF_KERAS_2 = re.compile(r"/(query|key|value|output)_dense(?=/vars$)")


def collected(model: Model) -> tuple[dict[str, Array], dict[str, str]]:
    """Every array of a model by its path in a Keras file, and the names of the groups."""
    arrays: dict[str, Array] = {}
    names: dict[str, str] = {}
    found = places(model)
    normalized = [place.owner for place in found if isinstance(place.owner, SpectralNormalization)]
    divided = {id(layer.kernel): layer.divided_kernel() for layer in normalized}  # Keras divides in training alone
    for place in found:
        names[place.group] = getattr(place.owner, "name", keras_stem(place.owner))
        if _overrides(place.owner, "save_own_variables"):
            store: dict[str, object] = {}
            place.owner.save_own_variables(store)
            arrays |= {f"{place.group}/{key}": np.asarray(value) for key, value in store.items()}
        else:
            values = {key: divided.get(id(variable), variable) for key, variable in place.variables.items()}
            arrays |= {f"{place.group}/{key}": variable.numpy() for key, variable in values.items()}
    return arrays, names


def assign_from_keras(model: Model, file: Contents, title: str, skip_mismatch: bool = False) -> None:
    """Assign the arrays of an open Keras file to a built model; nothing changes unless all of them fit.

    With `skip_mismatch` layers whose arrays do not fit are skipped with a warning.

    Raises:
        ValueError: arrays are missing, left over, or of another shape; all of them are listed.
    """
    found = file.arrays
    if "_layer_checkpoint_dependencies" in file:  # of Keras 2.13
        found = {path.replace("_layer_checkpoint_dependencies", "layers"): array for path, array in found.items()}
    kept = {path: array for path, array in found.items() if not set(path.split("/")) & set(_WITHOUT_COUNTERPART)}
    groups: dict[str, dict[str, str]] = {}  # the key of each array in its group, and its path
    for path in kept:
        group, _, key = path.rpartition("/")
        groups.setdefault(group, {})[key] = path
    assignments: list[tuple[Variable, Stored, str]] = []
    own: list[tuple[Layer, dict[str, Array]]] = []
    wrong: list[str] = []
    skipped: list[str] = []
    asked: set[str] = set()
    for place in places(model):
        group = place.group if place.group in groups else _OF_KERAS_2.sub(r"/_\1_dense", place.group)
        given = groups.get(group, {})
        asked |= set(given.values())
        if _overrides(place.owner, "load_own_variables"):
            own.append((place.owner, {key: numbers(kept[path], path, title) for key, path in given.items()}))
            continue
        problems = _problems(place, {key: kept[path] for key, path in given.items()})
        if problems and skip_mismatch:
            skipped.append(place.owner.name)
        elif not problems:
            assignments += [(variable, kept[given[key]], given[key]) for key, variable in place.variables.items()]
        wrong += problems
    left = [path for path in kept if path not in asked and path.startswith("layers/")]
    wrong += [f"{path} of shape {kept[path].shape} is in the file, and the model has no layer for it" for path in left]
    if wrong and not skip_mismatch:
        raise ValueError(f"{title} does not fit {model.title}:\n  " + "\n  ".join(wrong))
    values = [numbers(array, path, title) for _, array, path in assignments]
    with unchanged_on_error(model) if own else nullcontext():
        for (variable, _, _), value in zip(assignments, values, strict=True):
            variable.assign(value)
        for owner, store in own:
            owner.load_own_variables(store)
    for place in places(model):
        if not isinstance(place.owner, SpectralNormalization) or place.owner.power_iterations > _MOST_ITERATIONS:
            continue
        if (norm := place.owner.spectral_norm) > 0 and abs(norm - 1) > 1e-3:
            warn_user(
                f"{place.owner.title} divides its kernel by {norm:.3g}, its largest singular value, in predictions too; Keras "
                f"predicts with the kernel of {title} as it is. Both predict the same after model(x, training=True) in Keras",
                ModelWarning,
            )
    if skipped:
        warn_user(f"load_weights skipped layers whose weights do not fit: {', '.join(skipped)}")


def _problems(place: Place, given: Options) -> list[str]:
    """What is wrong with the arrays of one layer."""
    title, found = getattr(place.owner, "title", place.owner.name), []
    for key, variable in place.variables.items():
        if key not in given:
            found.append(f"{title}: {variable.name} of shape {variable.shape} is not in the file at {place.group}/{key}")
        elif tuple(given[key].shape) != tuple(variable.shape):
            found.append(f"{title}: {variable.name} has shape {variable.shape}, the file has {tuple(given[key].shape)}")
    extra = [key for key in given if key not in place.variables]
    return found + [f"{title}: the file also has {place.group}/{key} of shape {given[key].shape}" for key in extra]


def _overrides(owner: object, method: str) -> bool:
    return isinstance(owner, Layer) and getattr(type(owner), method) is not getattr(WeightOwner, method)
