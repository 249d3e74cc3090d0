"""`serialize` and `deserialize`: layers as JSON values and back."""

from __future__ import annotations

from typing import Any

from minidl.config import registry
from minidl.config.types import JSON, CustomObjects
from minidl.layers.layer import Layer


def serialize(layer: Layer) -> JSON:
    """Convert a layer to plain JSON values: its class name and constructor arguments, without its weights.

    Example:
        >>> from minidl.layers import Permute
        >>> serialize(Permute((2, 1), name="turn"))["class_name"]
        'Permute'
    """
    return registry.serialize(layer)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> Any:
    """Convert the result of `serialize` to a layer.

    Raises:
        ValueError: the class is neither public in minidl, nor registered, nor in `custom_objects`.
    Example:
        >>> from minidl.layers import Permute
        >>> deserialize(serialize(Permute((2, 1)))).dims
        (2, 1)
    """
    return registry.deserialize_from("layers", config, custom_objects)
