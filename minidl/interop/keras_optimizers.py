"""The state of an optimizer in files of Keras, in the order of our variables."""

from collections.abc import Mapping, Sequence

from minidl.config.types import Array, Config
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import Variable

# Names of Keras before 2.11 -> ours. Its files have all values of one name together; here those of one weight may be together.
_OLDER = {
    "accum_grad": ("accumulated_grad",),
    "accum_var": ("accumulated_delta_var",),
    "accumulator": ("accumulator",),
    "linear": ("linear",),
    "m": ("momentum",),
    "mg": ("average_gradient",),
    "momentum": ("momentum",),
    "rms": ("velocity",),
    "v": ("velocity", "norm"),
    "vhat": ("velocity_hat",),
}


def with_schedule(optimizer: Config) -> Config:
    """The config of an optimizer; `decay`, which those of Keras before 2.11 have, as the schedule that it means."""
    config = dict(optimizer["config"])
    rate, decay = config.get("learning_rate"), config.pop("decay", 0.0)
    if decay and not isinstance(rate, Mapping):
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
        named = {"module": "keras.optimizers.schedules", "class_name": "InverseTimeDecay", "registered_name": None}
        config["learning_rate"] = named | {"config": schedule}
    return {**optimizer, "config": config}


def in_our_order(optimizer: Optimizer, arrays: list[Array], trained: int, names: Sequence[str] = ()) -> list[Array]:
    """Arrays for all variables of a built optimizer, if the file has them; otherwise those of the file.

    Args:
        optimizer: whose variables they are for.
        arrays: in the order of the file.
        trained: number of trainable variables of the model.
        names: those of the arrays in an `.h5` file, as "Adam/dense/kernel/m:0"; none in others.
    """
    variables = optimizer.variables
    if [variable.shape for variable in variables] == [array.shape for array in arrays]:
        return arrays
    rate = [variable.numpy() for variable in variables[1:2] if variable.name == "learning_rate"]  # Keras 2 has none in files
    if names and names[0].endswith("/iter:0"):
        return _by_name(variables, dict(zip(names, arrays, strict=True)), rate)
    slots = len(variables) - 1 - len(rate)
    if type(optimizer).__name__ == "SGD" and len(arrays) == 1 + slots + trained:  # of Keras 2, with momenta that it never used
        arrays = arrays[: 1 + slots]
    return [arrays[0], *rate, *arrays[1:]] if len(arrays) == 1 + slots else arrays


def _by_name(variables: Sequence[Variable], arrays: Mapping[str, Array], rate: list[Array]) -> list[Array]:
    """The arrays of a file of Keras before 2.11: those of one slot together, in the order of the weights."""
    kinds = [name.rpartition("/")[2].partition(":")[0] for name in arrays]
    found: dict[str, list[Array]] = {}
    for kind, array in zip(kinds, arrays.values(), strict=True):
        for ours in _OLDER.get(kind, ()):
            found.setdefault(ours, []).append(array)
    ordered = [next(iter(arrays.values())), *rate]
    for variable in variables[len(ordered) :]:
        slot = next((name for name in sorted(found, key=len, reverse=True) if variable.path.endswith(f"_{name}")), "")
        if not found.get(slot):
            return list(arrays.values())  # another optimizer's
        ordered.append(found[slot].pop(0))
    return ordered
