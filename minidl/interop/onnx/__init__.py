"""ONNX: `export` writes a model that onnxruntime and other runtimes can run."""

from minidl.interop.onnx.export import export

__all__ = ["export"]
