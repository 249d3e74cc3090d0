"""How fast minidl is compared with PyTorch, Keras on JAX, scikit-learn and ONNX Runtime: see docs/benchmarks.md."""
