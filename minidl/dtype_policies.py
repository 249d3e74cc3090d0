"""Policies for the float type of layers: `DTypePolicy("float32")` or `DTypePolicy("float64")`."""

from typing import TYPE_CHECKING

from minidl.config.dtype_policy import DTypePolicy, policy_for
from minidl.config.missing_names import attribute_error
from minidl.config.registry import serialize as _serialize
from minidl.config.types import JSON, CustomObjects

FloatDTypePolicy = DTypePolicy  # Keras's older name

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)


def get(identifier: object) -> DTypePolicy:
    """The policy for a name, a NumPy type, a config or a policy; the default for `None`.

    Raises:
        ValueError: a type that minidl does not compute in.
    Example:
        >>> get("float64")
        <DTypePolicy "float64">
    """
    return policy_for(identifier)


def serialize(dtype_policy: DTypePolicy) -> JSON:
    """Convert a policy to plain JSON values.

    Example:
        >>> serialize(get("float64"))["config"]
        {'name': 'float64'}
    """
    return _serialize(dtype_policy)


def deserialize(config: object, custom_objects: CustomObjects | None = None) -> DTypePolicy:
    """Convert the result of `serialize` to a policy.

    Example:
        >>> deserialize(serialize(get("float64")))
        <DTypePolicy "float64">
    """
    return policy_for(config)
