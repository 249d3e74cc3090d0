"""Saving: whole models and weights in one safetensors file."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.config.registry import deserialize, register_keras_serializable, serialize
from minidl.saving.checkpoint import load_model, load_weights, save_model, save_weights

__all__ = [
    "deserialize",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
