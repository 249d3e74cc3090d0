"""ONNX Runtime, which predicts only."""
