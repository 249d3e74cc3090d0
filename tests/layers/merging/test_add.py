"""`Add`: sums, broadcasting, masks, errors."""

import numpy as np
import pytest

from minidl import Model, layers
from minidl.layers import Add, Input, add
from minidl.models import clone_model
from minidl.testing import check_layer

SHAPES = [
    ([(4, 5), (4, 5)], (4, 5)),
    ([(4, 5)] * 3, (4, 5)),
    ([(4, 5, 6), (4, 5, 1), (4, 1, 6)], (4, 5, 6)),
    ([(4, 6), (4, 3, 6)], (4, 3, 6)),
    ([(4, 1), (4, 3), (4, 1, 2, 3)], (4, 1, 2, 3)),
    ([(1, 1), (1, 1)], (1, 1)),
]


@pytest.mark.parametrize(("shapes", "expected"), SHAPES)
def test_inputs_broadcast_as_in_keras(shapes, expected, rng, check_gradients):
    inputs = [rng.standard_normal(shape) for shape in shapes]
    layer = Add(dtype="float64")
    aligned = [x.reshape(x.shape[:1] + (1,) * (len(expected) - x.ndim) + x.shape[1:]) for x in inputs]
    np.testing.assert_allclose(layer(inputs), sum(aligned))
    assert layer.compute_output_shape(shapes) == expected
    assert layer.compute_output_shape([(None, *shape[1:]) for shape in shapes]) == (None, *expected[1:])
    check_gradients(layer, inputs)


def test_unknown_sizes_stay_unknown():
    assert Add().compute_output_shape([(None, None, 3), (None, 4, 3)]) == (None, None, 3)
    assert Add().compute_output_shape([(None, 3), (8, 3)]) == (8, 3)


def test_the_function_adds_arrays_and_symbolic_tensors():
    np.testing.assert_array_equal(add([np.ones((2, 3)), np.ones((2, 3))]), np.full((2, 3), 2.0))
    total = add([Input((3,)), Input((4, 3))], name="total")
    assert total.shape == (None, 4, 3)
    assert total.name == "total"


def test_a_step_is_masked_where_it_is_masked_in_every_input():
    one, other = np.array([[True, False, False]]), np.array([[False, True, False]])
    x = [np.ones((1, 3, 2))] * 2
    np.testing.assert_array_equal(Add().compute_mask(x, [one, other]), [[True, True, False]])
    assert Add().compute_mask(x, [one, None]) is None
    assert Add().compute_mask(x) is None


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones((2, 3)), "expects a list of inputs"),
        ([np.ones((2, 3)), np.ones((2, 4))], r"one shape.*\[\(2, 3\), \(2, 4\)\]; give"),
        ([np.ones((2, 3)), np.ones((1, 3))], "the same number of rows"),
        ([np.ones((2, 3, 5)), np.ones((2, 3))], "one shape"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(inputs, message):
    with pytest.raises(ValueError, match=message):
        Add()(inputs)


@pytest.mark.parametrize(
    "kind", [layers.Add, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Concatenate]
)
def test_a_list_of_one_array_is_returned_unchanged(kind):
    x, mask = np.arange(6.0, dtype="float32").reshape(1, 2, 3), np.array([[True, False]])
    np.testing.assert_array_equal(kind()([x]), x)
    start = Input((2, 3))
    model = Model(start, kind()([layers.Masking()(start)]))
    for made in (model, clone_model(model)):
        np.testing.assert_array_equal(made.predict(x), x)
    np.testing.assert_array_equal(np.asarray(kind().compute_mask([x], [mask])), mask)
    check_layer(kind, [(3, 2, 3)])


@pytest.mark.parametrize("layer", [layers.Subtract(), layers.Dot(axes=1)])
def test_layers_of_two_inputs_raise_an_error_for_one(layer):
    with pytest.raises(ValueError, match="exactly two inputs"):
        layer([np.ones((2, 3))])
