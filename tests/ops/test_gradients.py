"""Every operation has its numeric gradient, keeps types, leaves its arguments alone, and does the same in a graph."""

import numpy as np
import pytest

from minidl import Input, Layer, Model, ops
from minidl.graph import is_symbolic
from minidl.testing import check_gradient, check_layer
from tests.ops.table import CALLS, call, find, flat, forms

FORMS = [pytest.param(*form, id=f"{form[0]}-{number}") for number, form in enumerate(forms())]


WITHOUT_ROW = {  # public functions that have tests of their own, or nothing to differentiate
    *(
        "associative_scan",
        "cond",
        "custom_gradient",
        "fori_loop",
        "jvp",
        "map",
        "scan",
        "switch",
        "vectorize",
        "vectorized_map",
    ),
    *("while_loop", "convert_to_numpy", "dtype", "is_tensor", "ndim", "shape", "size", "image.elastic_transform"),
}
PARTS = {  # entries that the public functions use
    *("call_function", "convolve", "convolve_channels", "convolve_transposed", "pool_average", "pool_maximum"),
    *("image.interpolate", "image.resample"),
}


def test_every_operation_is_in_the_gradient_table_and_public():
    own = {name for name in ops.TABLE if not name.startswith("activations.")}  # those have tests of their own
    modules = {"Operation", "TABLE", "image", "linalg", "nn", "numpy"}
    public = set(ops.__all__) - modules | {f"image.{name}" for name in ops.image.__all__}
    assert own <= public | PARTS
    assert set(CALLS) == public - WITHOUT_ROW


def with_tensors(tensors, arrays):
    return ([*arrays],) if (tensors and isinstance(tensors[0], list)) else tuple(arrays)


class Applied(Layer):
    """A layer whose call is one operation on several inputs."""

    def __init__(self, name, tensors, options):
        super().__init__()
        self.function, self.constants, self.options = name, tensors, options

    def call(self, inputs):
        coming = iter(inputs)
        filled = [next(coming) if is_float(tensor) else tensor for tensor in flat(self.constants)]
        return call(find(ops, self.function), self.function, with_tensors(self.constants, filled), self.options)


def is_float(tensor):
    return isinstance(tensor, np.ndarray) and tensor.dtype.kind == "f"


@pytest.mark.parametrize(("name", "tensors", "options"), FORMS)
def test_gradients_are_the_numeric_ones(name, tensors, options):
    layer = Applied(name, tensors, options)
    layer._dtype = np.dtype("float64")
    arrays = [tensor.copy() for tensor in flat(tensors) if is_float(tensor)]
    if not arrays:
        return
    before = [array.copy() for array in arrays]
    expected = call(find(ops, name), name, tensors, options)
    symbols = [Input(batch_shape=array.shape, dtype="float64") for array in arrays]
    y, cache, _ = _model(layer, symbols)._forward(arrays if len(arrays) > 1 else arrays[0])
    several = isinstance(expected, tuple)
    outputs, wanted = (list(y), list(expected)) if several else ([y], [expected])
    for one, other in zip(outputs, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.asarray(other).dtype
    if all(one.dtype.kind != "f" for one in outputs):
        return
    generator = np.random.default_rng(1)
    dys = [generator.normal(size=one.shape) if one.dtype.kind == "f" else None for one in outputs]
    model = _model(layer, symbols)
    _, cache, _ = model._forward(arrays if len(arrays) > 1 else arrays[0])
    dx = model._backward(tuple(dys) if several else dys[0], cache)
    gradients = dx if isinstance(dx, list) else [dx]

    def scalar():
        found = call(find(ops, name), name, with_tensors(tensors, _filled(tensors, arrays)), options)
        pairs = zip(dys, found if several else [found], strict=True)
        return sum(float((dy * one).sum()) for dy, one in pairs if dy is not None)

    for number, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        if name in ops.TABLE and not ops.TABLE[name].differentiable:
            assert gradient is None or not gradient.any()
        else:
            check_gradient(f"x{number}", scalar, array, np.array(gradient))
    for array, kept in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, kept)


def _filled(tensors, arrays):
    coming = iter(arrays)
    return [next(coming) if is_float(tensor) else tensor for tensor in flat(tensors)]


def _model(layer, symbols):
    filled = _filled(flat(layer.constants), symbols)
    outputs = call(find(ops, layer.function), layer.function, with_tensors(layer.constants, filled), layer.options)
    return Model(symbols, list(outputs) if isinstance(outputs, tuple) else outputs)


@pytest.mark.parametrize(("name", "tensors", "options"), FORMS)
def test_float32_stays_float32_and_lists_are_accepted(name, tensors, options):
    singles = [tensor.astype("float32") if is_float(tensor) else tensor for tensor in flat(tensors)]
    found = call(find(ops, name), name, with_tensors(tensors, singles), options)
    for one in found if isinstance(found, tuple) else [found]:
        assert np.asarray(one).dtype in (np.float32, np.bool_, np.int64, np.int32) or "cast" in name


def test_numbers_alone_become_arrays_of_the_float_type():
    assert ops.exp(1.0).dtype == "float32"
    assert ops.add([1.0, 2.0], 1).tolist() == [2.0, 3.0]
    assert ops.sum([[1, 2], [3, 4]]).item() == 10


def test_a_graph_of_operations_passes_all_checks():
    def make():
        a, b = Input((4,)), Input((4,))
        h = ops.where(a > b, ops.tanh(a), a * 0.5) @ np.eye(4, 3)
        return Model([a, b], [ops.softmax(h), ops.mean(h, axis=-1, keepdims=True) - b[:, 1:2]])

    check_layer(make, [(3, 4), (3, 4)], sizes_of_one=False, mask=None)


def test_unknown_sizes_stay_unknown_and_known_ones_are_found():
    x = Input((None, 6))
    assert ops.mean(x, axis=1).shape == (None, 6)
    assert ops.reshape(x, (-1, 2, 3)).shape == (None, 2, 3)
    assert ops.concatenate([x, x], axis=-1).shape == (None, None, 12)
    assert x[:, 0].shape == (None, 6)
    assert x[:, 9].shape == (None, 6)  # a sequence may be that long
    assert (x > 0).dtype == "bool"
    assert ops.argmax(x, axis=-1).dtype == "int64"
    assert is_symbolic(2 - x)
    assert x.shape == (None, None, 6)
    assert ops.shape(x)[2] == 6
    assert repr(ops.shape(x)[0]) == f'<size of axis 0 of "{x.name}">'


def test_arrays_may_be_on_either_side_of_a_symbolic_tensor():
    x = Input((3,))
    left, right = np.arange(3.0), np.arange(9.0).reshape(3, 3)
    model = Model(x, (left - x) / (left + 1) @ right)
    value = np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_allclose(model.predict(value), (left - value) / (left + 1) @ right, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("subscripts", ["i...,j->ij", "ii->i"])
def test_einsum_raises_an_error_for_subscripts_without_a_gradient(subscripts):
    with pytest.raises(ValueError, match="einsum expects"):
        ops.einsum(subscripts, np.eye(2), np.eye(2))


def test_shapes_that_do_not_fit_raise_an_error_while_the_graph_is_built():
    with pytest.raises(ValueError, match=r"minidl.ops.matmul cannot take tensors of shapes \[\(None, 3\), \(None, 4\)\]"):
        ops.matmul(Input((3,)), Input((4,)))


def test_an_unknown_size_is_not_a_python_number():
    with pytest.raises(TypeError, match="not known before the model runs"):
        range(ops.shape(Input((3,)))[0])


def test_sizes_are_computed_with_while_the_graph_is_built():
    x = Input((None, None, 3))
    rows, height, width, channels = ops.shape(x)
    flat_pixels = ops.reshape(x, (rows, height * width, channels))
    model = Model(x, [flat_pixels, x / height, ops.zeros((rows, 2 * height + 1)), ops.reshape(flat_pixels, ops.shape(x))])
    assert [output.shape[1:] for output in model.outputs] == [(None, 3), (None, None, 3), (None,), (None, None, 3)]
    value = np.random.default_rng(0).normal(size=(2, 4, 5, 3)).astype("float32")
    for one in (model, Model.from_config(model.get_config())):
        pixels, divided, zeros, back = one.predict(value)
        np.testing.assert_array_equal(pixels, value.reshape(2, 20, 3))
        np.testing.assert_allclose(divided, value / 4, rtol=1e-6)
        assert zeros.shape == (2, 9)
        np.testing.assert_array_equal(back, value)


def test_a_batch_of_unknown_size_can_be_reshaped_to_a_fixed_one_and_back_through_take():
    x = Input((10, 8))
    assert ops.reshape(x, [100, 8]).shape == (100, 8)
    assert Model(x, ops.reshape(x, [100, 8])).predict(np.ones((10, 10, 8))).shape == (100, 8)
    x, table = Input((4, 4, 6)), np.random.default_rng(0).normal(size=(9, 6)).astype("float32")
    nearest = ops.argmax(ops.matmul(ops.reshape(x, (-1, 6)), table.T), axis=-1)
    model = Model(x, ops.reshape(ops.take(table, nearest, axis=0), ops.shape(x)))
    assert model.outputs[0].shape == (None, 4, 4, 6)
    value = np.random.default_rng(1).normal(size=(3, 4, 4, 6)).astype("float32")
    np.testing.assert_array_equal(model.predict(value), table[(value @ table.T).argmax(axis=-1)])


def test_messages_do_not_name_sizes_of_example_batches():
    with pytest.raises(ValueError, match="cannot turn a tensor of shape \\(None, 4\\) into shape \\(3, 3\\)"):
        ops.reshape(Input((4,)), (3, 3))
    with pytest.raises(ValueError, match="known sizes, got shape \\(None, 4\\).*ops.shape"):
        ops.zeros((Input((4,)).shape[0], 4))
    with pytest.raises(ValueError, match=r"cannot take tensors of shapes \[\(None, 3\), \(None, 7\)\]$"):
        ops.matmul(Input((3,)), Input((7,)))


def test_sizes_that_are_not_known_are_found_when_the_graph_runs():
    x = Input((None, 4))
    rows, steps, width = ops.shape(x)
    flat_steps = ops.reshape(x, (rows, steps, 2, width // 2))
    numbered = ops.broadcast_to(ops.reshape(ops.arange(steps), (1, steps, 1, 1)), (rows, steps, 1, 1))
    model = Model(x, flat_steps + numbered)
    value = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    expected = value.reshape(3, 5, 2, 2) + np.arange(5).reshape(1, 5, 1, 1)
    np.testing.assert_allclose(model.predict(value), expected, rtol=1e-5, atol=1e-6)
    assert model.predict(value[:, :2]).shape == (3, 2, 2, 2)
    assert Model.from_config(model.get_config()).predict(value).shape == (3, 5, 2, 2)
