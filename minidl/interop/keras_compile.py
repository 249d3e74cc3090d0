"""Compile settings and the state of the optimizer from Keras files."""

from collections.abc import Mapping, Sequence

from minidl.config.naming import snake_case
from minidl.config.public_names import PACKAGES
from minidl.config.types import Array, CustomObjects, Options
from minidl.config.user_warnings import warn_user
from minidl.interop.hdf5 import Contents, numbers
from minidl.interop.keras_objects import from_keras
from minidl.interop.keras_optimizers import in_our_order, with_schedule
from minidl.models.model import Model

_TAKEN = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
_WITHOUT_MEANING = (  # of Keras 2 and 3
    *("auto_scale_loss", "experimental_run_tf_function", "jit_compile", "optimizer_config", "pss_evaluation_shards"),
    *("run_eagerly", "sample_weight_mode", "steps_per_execution"),
)
_FUNCTIONS = {snake_case(name) for package in ("losses", "metrics") for name in PACKAGES[package]}


def compile_like(model: Model, settings: Options, custom_objects: CustomObjects | None, title: str) -> None:
    """Compile a model as the file says; what has no meaning here, such as `jit_compile`, is left out.

    Raises:
        ValueError: a setting is not known.
    """
    for name, value in settings.items():
        if name not in (*_TAKEN, *_WITHOUT_MEANING) and value not in (None, False):
            raise ValueError(f"{title} compiles with {name}={value!r}, which minidl does not know; load it with compile=False")
    given = {name: settings[name] for name in _TAKEN if settings.get(name) is not None}
    for name in ("loss", "metrics", "weighted_metrics"):
        given[name] = _named_functions(given.get(name), custom_objects or {})
    optimizer = given.get("optimizer")
    if isinstance(optimizer, Mapping) and str(optimizer["class_name"]).startswith("LossScaleOptimizer"):  # for float16
        optimizer = given["optimizer"] = optimizer["config"]["inner_optimizer"]
    if isinstance(optimizer, Mapping):
        kind = str(optimizer["class_name"]).removeprefix("Custom>")  # so named in .h5 files of Keras 2
        if kind in PACKAGES["optimizers"]:
            own = {"module": "keras.optimizers", "class_name": kind, "registered_name": None}
            given["optimizer"] = with_schedule(dict(optimizer)) | own
    if given:
        model.compile(**from_keras(given, custom_objects, title))


def _named_functions(value: object, own: CustomObjects) -> object:
    """Losses and metrics that are functions of Keras by their names, as in `metrics=[keras.losses.mean_squared_error]`."""
    if isinstance(value, list):
        return [_named_functions(item, own) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "function" and value.get("registered_name") in (None, "function"):
        name = value.get("config")
        return name if name in _FUNCTIONS and name not in own else value
    return value if "class_name" in value else {name: _named_functions(item, own) for name, item in value.items()}


def restore_optimizer(model: Model, file: Contents, title: str) -> None:
    """Set the optimizer's variables; warns if the file has other ones than this optimizer."""
    if model.optimizer is None or "optimizer" not in file:
        return
    found = file.inside("optimizer").arrays
    arrays = {
        int(key): item for key, item in ((path.removeprefix("vars/"), one) for path, one in found.items()) if key.isdigit()
    }
    set_optimizer(model, [numbers(arrays[number], f"optimizer/vars/{number}", title) for number in sorted(arrays)], title)


def set_optimizer(model: Model, arrays: list[Array], title: str, names: Sequence[str] = ()) -> None:
    """Set the optimizer's variables from arrays in Keras's order; `names` are theirs, if the file has names."""
    optimizer = model.optimizer
    if optimizer is None or not arrays:
        return
    optimizer.build(model.trainable_variables)
    variables = optimizer.variables
    arrays = in_our_order(optimizer, arrays, len(model.trainable_variables), names)
    if [variable.shape for variable in variables] == [array.shape for array in arrays]:
        optimizer.set_weights(arrays)
    elif len(arrays) > 2 or int(arrays[0]) > 0:  # otherwise it was never used
        warn_user(
            f"the optimizer starts without the state in {title}: it has {len(variables)} variables, and the file {len(arrays)}",
        )
