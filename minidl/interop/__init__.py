"""Interchange with other frameworks: `interop.torch` converts weights from and to PyTorch, `interop.onnx` exports models."""

from minidl.config.missing_names import attribute_error
from minidl.interop import onnx, torch

__all__ = ["onnx", "torch"]

__getattr__ = attribute_error(__name__, __all__)
