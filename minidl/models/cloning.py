"""`clone_model`: the same architecture with weights of its own."""

from minidl.config.configurable import named_parts
from minidl.config.registry import deserialize, serialize
from minidl.layers.traversal import copy_settings
from minidl.models.model import Model


def clone_model(model: Model) -> Model:
    """A new model of the same architecture, with freshly initialized weights and the same ones frozen; it is not compiled.

    Your own classes and functions need not be registered, as long as no two of them have one name.

    Args:
        model: any model; it stays as it is.
    """
    own = {name: parts[0] for name, parts in named_parts(model).items() if len(parts) == 1}
    clone: Model = deserialize(serialize(model), own)
    if model.built and not clone.built:
        clone.build(model.build_shape)
    copy_settings(model, clone)
    return clone
