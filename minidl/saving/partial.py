"""Load the weights of those layers that fit: a model with another head takes over the rest."""

from collections.abc import Mapping

from minidl.config.types import Array, Tensors
from minidl.config.user_warnings import warn_user
from minidl.layers.layer import Layer
from minidl.layers.traversal import weight_paths


def assign_fitting(model: Layer, names: list[str], tensors: Mapping[str, Array]) -> None:
    """Assign the weights of each layer whose shapes are those in the file; warn about the others.

    Layers are matched by name, those whose name the file does not have by their order.
    """
    ours, theirs = (
        _by_layer({path: variable for path, variable in weight_paths(model).items() if not variable.is_carried}),
        _by_layer({name: tensors[name] for name in names}),
    )
    unnamed = iter([layer for layer in theirs if layer not in ours])
    skipped = []
    for layer, variables in ours.items():
        arrays = theirs.get(layer if layer in theirs else next(unnamed, ""), [])
        if [variable.shape for variable in variables] == [array.shape for array in arrays]:
            for variable, array in zip(variables, arrays, strict=True):
                variable.assign(array)
        else:
            skipped.append(layer)
    unused = list(unnamed)
    if skipped or unused:
        found = (("layers whose weights do not fit: ", skipped), ("layers of the file that the model does not have: ", unused))
        text = "; and ".join(start + ", ".join(names) for start, names in found if names)
        warn_user(f"load_weights skipped {text}")


def _by_layer(weights: Mapping[str, object]) -> dict[str, list[Tensors]]:
    """The weights of each layer, by the path of the layer."""
    found: dict[str, list[Tensors]] = {}
    for path, weight in weights.items():
        found.setdefault(path.rpartition("/")[0], []).append(weight)
    return found
