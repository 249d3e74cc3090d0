"""The state of a model's optimizer in a file: written, checked against the optimizer, and restored."""

from collections.abc import Mapping

import numpy as np

from minidl.config.layer_like import ModelLike
from minidl.config.types import Array, Config, Shape
from minidl.layers.traversal import weight_paths
from minidl.optimizers.optimizer import Optimizer
from minidl.saving.files import FilePath
from minidl.variable import Variable

_OWN = "own_variables_of_the_optimizer/"  # made with `add_variable`


def optimizer_head(model: ModelLike) -> dict[str, object]:
    """What the file's description says of the optimizer: its counter, its numbers, and the weights that do not decay."""
    optimizer, paths = model.optimizer, weight_paths(model)
    not_decayed = [path for path, variable in paths.items() if optimizer.is_excluded(variable)]
    return {"iterations": optimizer.batches, "scalars": optimizer.scalars, "not_decayed": not_decayed}


def optimizer_slots(model: ModelLike) -> dict[str, Array]:
    """The optimizer's slots of each weight and its own variables, by their names in the file."""
    optimizer = model.optimizer
    found: dict[str, Array] = {}
    for path, variable in weight_paths(model).items():
        if optimizer.batches and not variable.is_state:
            found |= {f"optimizer/{path}/{name}": slot for name, slot in optimizer.slots(variable).items()}
    own = {} if not optimizer.batches else {f"{_OWN}{n}": made.value for n, made in enumerate(optimizer.own_variables)}
    return found | own


def restore_optimizer(model: ModelLike, head: Config, tensors: Mapping[str, Array]) -> None:
    """Set the optimizer to the saved state."""
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


def check_optimizer(model: ModelLike, head: Config, tensors: Mapping[str, Array], filepath: FilePath) -> None:
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


def _needed_shapes(optimizer: Optimizer, variable: Variable) -> dict[str, Shape]:
    """The shapes of an optimizer's slots for a variable, computed with copies so that neither changes."""
    beginner = optimizer.with_arguments()
    slots = beginner.slots(Variable(np.zeros(variable.shape), dtype=variable.dtype, name=variable.name))
    return {name: slot.shape for name, slot in slots.items()}


def _saved_shapes(head: Config, tensors: Mapping[str, Array]) -> list[dict[str, Shape]]:
    """For each weight, in order, the shapes of its optimizer slots in the file, by name."""
    shapes: dict[str, dict[str, Shape]] = {name: {} for name in head["weights"]}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            path, _, slot = name.removeprefix("optimizer/").rpartition("/")
            shapes.setdefault(path, {})[slot] = tensor.shape
    return list(shapes.values())
