"""`clone_model`: the same architecture with weights of its own."""

from minidl.config import registry
from minidl.layers.traversal import copy_settings
from minidl.models.model import Model


def clone_model(model: Model) -> Model:
    """A new model of the same architecture, with freshly initialised weights and the same ones frozen; it is not compiled.

    Args:
        model: any model; it stays as it is.
    """
    clone: Model = registry.deserialize(registry.serialize(model))
    if model.built and not clone.built:
        clone.build(model.build_shape)
    copy_settings(model, clone)
    return clone
