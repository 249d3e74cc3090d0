"""Exports models and runs them in onnxruntime, in memory of one test."""

import numpy as np
import onnxruntime

from minidl import layers
from minidl.models import Model

onnxruntime.set_default_logger_severity(3)  # warnings about weights that nothing uses


def run(path, *arrays):
    """The outputs of an ONNX file for these inputs, in their order."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = [array.astype(object) if array.dtype.kind in "OUT" else array for array in arrays]
    return session.run(None, {entry.name: array for entry, array in zip(session.get_inputs(), given, strict=True)})


def randomize(model, seed=0):
    """Give every float weight random values, positive ones for variances."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        value = weight.numpy()
        if value.dtype.kind == "f":
            drawn = 0.5 * generator.normal(size=value.shape)
            weight.assign(np.abs(drawn) + 0.1 if "variance" in weight.name or "stddev" in weight.name else drawn)


def compare(model, path, *arrays, tolerance=1e-5):
    """Export the model, run it, and require what `model(..., training=False)` gives."""
    model.export(path, verbose=False)
    found = run(path, *arrays)
    expected = model(list(arrays) if len(arrays) > 1 else arrays[0], training=False)
    expected = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    assert len(found) == len(expected)
    for name, one, other in zip(model.output_names, expected, found, strict=True):
        assert one.shape == other.shape, name
        if one.dtype.kind in "OUT":
            assert (one == other).all(), name
        else:
            assert one.dtype == other.dtype, name
            np.testing.assert_allclose(other, one, rtol=tolerance, atol=tolerance, err_msg=name)


def inputs_for(shape, options):
    """Arrays for a row of the table of layers, and symbolic inputs with any number of rows."""
    generator, make = np.random.default_rng(0), options.get("inputs")
    shapes = shape if isinstance(shape, list) else [shape]
    arrays = [make(generator, one) if make else generator.normal(size=one) for one in shapes]
    arrays = [np.asarray(one, "float32") if np.asarray(one).dtype.kind == "f" else np.asarray(one) for one in arrays]
    kinds = ["string" if one.dtype.kind in "OUT" else one.dtype.name for one in arrays]
    made = [layers.Input(batch_shape=(None, *one.shape[1:]), dtype=kind) for one, kind in zip(arrays, kinds, strict=True)]
    return arrays, made


def joined(parts):
    """One model with all inputs and outputs of several, and all their arrays: one export instead of many."""
    arrays = [array for its, _, _ in parts for array in its]
    inputs = [tensor for _, its, _ in parts for tensor in its]
    outputs = [tensor for _, _, its in parts for tensor in its]
    return Model(inputs, outputs), arrays
