"""How fast minidl is beside PyTorch, Keras on JAX, scikit-learn and ONNX Runtime: see docs/benchmarks.md."""
