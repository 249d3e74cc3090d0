"""Compile settings and the state of the optimizer from Keras files."""

import warnings
from collections.abc import Mapping
from typing import Any

from minidl.config.public_names import PACKAGES
from minidl.config.types import CustomObjects, Options
from minidl.interop.hdf5 import Contents, numbers
from minidl.interop.keras_objects import from_keras
from minidl.models.model import Model

_TAKEN = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")


def compile_like(model: Model, settings: Options, custom_objects: CustomObjects | None, title: str) -> None:
    """Compile a model as the file says; what has no meaning here, such as `jit_compile`, is left out."""
    given = {name: settings[name] for name in _TAKEN if settings.get(name) is not None}
    optimizer = given.get("optimizer")
    if isinstance(optimizer, Mapping):
        kind = str(optimizer["class_name"]).removeprefix("Custom>")  # so named in .h5 files of Keras 2
        if kind in PACKAGES["optimizers"]:
            given["optimizer"] = {**optimizer, "module": "keras.optimizers", "class_name": kind, "registered_name": None}
    if given:
        model.compile(**from_keras(given, custom_objects, title))


def restore_optimizer(model: Model, file: Contents, title: str) -> None:
    """Set the optimizer's variables; warns if the file has other ones than this optimizer."""
    if model.optimizer is None or "optimizer" not in file:
        return
    found = file.inside("optimizer").arrays
    arrays = {
        int(key): item for key, item in ((path.removeprefix("vars/"), one) for path, one in found.items()) if key.isdigit()
    }
    set_optimizer(model, [numbers(arrays[number], f"optimizer/vars/{number}", title) for number in sorted(arrays)], title)


def set_optimizer(model: Model, arrays: list[Any], title: str) -> None:
    """Set the optimizer's variables from arrays in Keras's order."""
    optimizer = model.optimizer
    if optimizer is None or not arrays:
        return
    optimizer.build(model.trainable_variables)
    variables = optimizer.variables
    if len(arrays) == len(variables) - 1 and variables[1].name == "learning_rate":  # Keras 2 writes it in the config alone
        arrays = [arrays[0], variables[1].numpy(), *arrays[1:]]
    if [variable.shape for variable in variables] == [array.shape for array in arrays]:
        optimizer.set_weights(arrays)
    elif len(arrays) > 2 or int(arrays[0]) > 0:  # otherwise it was never used
        warnings.warn(
            f"the optimizer starts without the state in {title}: it has {len(variables)} variables, and the file {len(arrays)}",
            stacklevel=5,
        )
