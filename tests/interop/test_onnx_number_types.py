"""Operations on integers and booleans: ONNX and onnxruntime have operators for few of their types."""

import numpy as np
import pytest

from minidl import Input, Model, activations, ops
from tests.interop.onnx_running import compare

VALUES, OTHERS = np.array([[-3, 0, 2, 5], [1, 4, -1, 0]]), np.array([[2, 1, 2, 3], [1, 2, 3, 1]])
UNARY = ["abs", "argmax", "argmin", "argsort", "ceil", "cumsum", "floor", "isfinite", "isinf", "isnan", "max", "min", "prod"]
UNARY += ["relu", "round", "sign", "signbit", "sort", "square", "sum", "tril", "trunc"]
BINARY = ["add", "equal", "floor_divide", "fmax", "fmin", "greater", "left_shift", "maximum", "minimum", "mod", "multiply"]
BINARY += ["power", "subtract"]
FORMS = [
    lambda x: activations.relu(x),
    lambda x: ops.clip(x, -1, 3),
    lambda x: ops.einsum("ab,ab->a", x, x),
    lambda x: ops.maximum(x, 2),
    lambda x: ops.top_k(x, 2)[0],
    lambda x: ops.where(x > 1, x, ops.ones_like(x)),
]


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint32", "uint8"])
def test_operations_on_integers_are_exported(dtype, tmp_path):
    signed = not dtype.startswith("u")
    arrays = [(values if signed else np.abs(values)).astype(dtype) for values in (VALUES, OTHERS)]
    a, b = Input((4,), dtype=dtype), Input((4,), dtype=dtype)
    made = (
        [getattr(ops, name)(a) for name in UNARY] + [getattr(ops, name)(a, b) for name in BINARY] + [form(a) for form in FORMS]
    )
    made += [-a] if signed else []
    compare(Model([a, b], made), tmp_path / "net.onnx", *arrays)


def test_operations_on_booleans_are_exported(tmp_path):
    x, y = VALUES > 0, OTHERS > 1
    a, b = Input((4,), dtype="bool"), Input((4,), dtype="bool")
    made = [getattr(ops, name)(a) for name in ("abs", "argmax", "cumsum", "relu", "sort", "sum", "isnan", "any", "logical_not")]
    made += [getattr(ops, name)(a, b) for name in ("add", "multiply", "maximum", "fmin", "equal", "logical_xor", "bitwise_and")]
    compare(Model([a, b], [*made, ops.where(a, a, b)]), tmp_path / "net.onnx", x, y)


def test_indices_of_one_row_are_repeated_for_all_rows(tmp_path):
    x, indices = Input((3, 4)), Input((3, 1), dtype="int64")
    made = [ops.take_along_axis(x, np.array([[[1, 0]]]), axis=2), ops.take_along_axis(x, indices, axis=-1)]
    made += [ops.take_along_axis(ops.sum(x, axis=1, keepdims=True), indices, axis=-1)]
    arrays = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32"), np.array([[[3], [0], [1]]] * 2)
    compare(Model([x, indices], made), tmp_path / "net.onnx", *arrays)


def test_an_operator_that_onnx_has_for_floats_alone_is_named_before_anything_is_written(tmp_path):
    x = Input((4,), dtype="int32")
    with pytest.raises(
        ValueError, match=r"cannot be exported to ONNX: .*node name: reciprocal.* unsupported type: tensor\(int32\)"
    ):
        Model(x, ops.reciprocal(x)).export(tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []
