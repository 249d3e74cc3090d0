"""`serialize` and `deserialize`: layers as JSON values and back."""

from collections.abc import Mapping
from typing import Any

from minidl.config import registry


def serialize(layer: Any) -> Any:
    """Turn a layer into plain JSON values: its class's name and the arguments that rebuild it, without its weights.

    Example:
        >>> from minidl.layers import Permute
        >>> serialize(Permute((2, 1), name="turn"))["class_name"]
        'Permute'
    """
    return registry.serialize(layer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Turn what `serialize` gave back into a layer.

    Raises:
        ValueError: the class is neither ours nor registered nor among `custom_objects`.
    Example:
        >>> from minidl.layers import Permute
        >>> deserialize(serialize(Permute((2, 1)))).dims
        (2, 1)
    """
    return registry.deserialize(config, custom_objects)
