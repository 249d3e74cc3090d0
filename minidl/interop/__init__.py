"""Interchange with other frameworks: Keras files in `keras`, weights from and to PyTorch in `torch`, `onnx` exports models."""

from minidl.config.missing_names import attribute_error
from minidl.interop import keras, onnx, torch

__all__ = ["keras", "onnx", "torch"]

__getattr__ = attribute_error(__name__, __all__)
