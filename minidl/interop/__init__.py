"""Interchange with other frameworks: `interop.torch` converts weights from and to PyTorch."""

from minidl.config.missing_names import attribute_error
from minidl.interop import torch

__all__ = ["torch"]

__getattr__ = attribute_error(__name__, __all__)
