"""`clone_model`: a model with the same architecture and new weights."""

from minidl.config.configurable import named_parts
from minidl.config.registry import deserialize, serialize
from minidl.layers.traversal import copy_settings
from minidl.models.model import Model


def clone_model(model: Model) -> Model:
    """A new model with the same architecture and frozen layers, and newly initialized weights; it is not compiled.

    Custom classes and functions need not be registered, unless two of them have the same name.

    Args:
        model: any model; it is not changed.
    """
    own = {name: parts[0] for name, parts in named_parts(model).items() if len(parts) == 1}
    clone: Model = deserialize(serialize(model), own)
    if model.built and not clone.built:
        clone.build(model.build_shape)
    copy_settings(model, clone)
    return clone
