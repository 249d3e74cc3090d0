"""Every operation has its numeric gradient, keeps types, leaves its arguments alone, and does the same in a graph."""

import numpy as np
import pytest

from minidl import Input, Layer, Model, ops
from minidl.graph import is_symbolic
from minidl.testing import check_gradient, check_layer
from tests.ops.table import CALLS, call, flat, forms

FORMS = [pytest.param(*form, id=f"{form[0]}-{number}") for number, form in enumerate(forms())]


def test_every_operation_is_in_the_gradient_table_and_public():
    own = {name for name in ops.TABLE if not name.startswith("activations.")}  # those have tests of their own
    assert own == set(CALLS)
    assert set(CALLS) <= set(ops.__all__)


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
        return call(getattr(ops, self.function), self.function, with_tensors(self.constants, filled), self.options)


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
    expected = call(getattr(ops, name), name, tensors, options)
    symbols = [Input(batch_shape=array.shape, dtype="float64") for array in arrays]
    y, cache, _ = _model(layer, symbols)._forward(arrays if len(arrays) > 1 else arrays[0])
    several = isinstance(expected, tuple)
    outputs, wanted = (list(y), list(expected)) if several else ([y], [expected])
    for one, other in zip(outputs, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.asarray(other).dtype
    if any(one.dtype.kind != "f" for one in outputs):
        return
    generator = np.random.default_rng(1)
    dys = [generator.normal(size=one.shape) for one in outputs]
    model = _model(layer, symbols)
    _, cache, _ = model._forward(arrays if len(arrays) > 1 else arrays[0])
    dx = model._backward(tuple(dys) if several else dys[0], cache)
    gradients = dx if isinstance(dx, list) else [dx]

    def scalar():
        found = call(getattr(ops, name), name, with_tensors(tensors, _filled(tensors, arrays)), options)
        return sum(float((dy * one).sum()) for dy, one in zip(dys, found if several else [found], strict=True))

    for number, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        if not ops.TABLE.get(name, ops.TABLE.get(f"{name}_")).differentiable:
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
    outputs = call(getattr(ops, layer.function), layer.function, with_tensors(layer.constants, filled), layer.options)
    return Model(symbols, list(outputs) if isinstance(outputs, tuple) else outputs)


@pytest.mark.parametrize(("name", "tensors", "options"), FORMS)
def test_float32_stays_float32_and_lists_are_taken(name, tensors, options):
    singles = [tensor.astype("float32") if is_float(tensor) else tensor for tensor in flat(tensors)]
    found = call(getattr(ops, name), name, with_tensors(tensors, singles), options)
    for one in found if isinstance(found, tuple) else [found]:
        assert np.asarray(one).dtype in (np.float32, np.bool_, np.int64, np.int32) or name == "cast"


def test_numbers_alone_become_arrays_of_the_float_type():
    assert ops.exp(1.0).dtype == "float32"
    assert ops.add([1.0, 2.0], 1).tolist() == [2.0, 3.0]
    assert ops.sum([[1, 2], [3, 4]]).item() == 10


def test_a_graph_of_operations_keeps_every_promise_of_a_layer():
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


def test_arrays_stand_on_either_side_of_a_symbol():
    x = Input((3,))
    left, right = np.arange(3.0), np.arange(9.0).reshape(3, 3)
    model = Model(x, (left - x) / (left + 1) @ right)
    value = np.array([[1.0, 2.0, 4.0]])
    np.testing.assert_allclose(model.predict(value), (left - value) / (left + 1) @ right, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("subscripts", ["i...,j->ij", "ii->i"])
def test_einsum_refuses_what_it_cannot_differentiate(subscripts):
    with pytest.raises(ValueError, match="einsum expects"):
        ops.einsum(subscripts, np.eye(2), np.eye(2))


def test_shapes_that_do_not_fit_are_refused_while_the_graph_is_drawn():
    with pytest.raises(ValueError, match=r"minidl.ops.matmul cannot take tensors of shapes \[\(None, 3\), \(None, 4\)\]"):
        ops.matmul(Input((3,)), Input((4,)))


def test_an_unknown_size_is_no_number_to_compute_with():
    with pytest.raises(TypeError, match="unsupported operand"):
        ops.shape(Input((3,)))[0] * 2


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
