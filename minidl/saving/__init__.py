"""Saving: whole models and weights, in safetensors or Keras files; objects as plain values, and custom classes by name."""

from typing import TYPE_CHECKING

from minidl.config.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from minidl.config.missing_names import attribute_error
from minidl.config.registry import deserialize, deserialize_keras_object, serialize, serialize_keras_object
from minidl.saving.errors import ModelFileError
from minidl.saving.formats import load_model, load_weights, save_model, save_weights

__all__ = [
    "CustomObjectScope",
    "ModelFileError",
    "custom_object_scope",
    "deserialize",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize",
    "serialize_keras_object",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
