"""`Dot`: against loops over the rows, cosines, errors."""

import re

import numpy as np
import pytest

from minidl.layers import Dot, Input, dot

PAIRS = [
    (1, (4, 5), (4, 5)),
    (-1, (4, 5), (4, 3, 5)),
    ((1, 2), (4, 5, 3), (4, 2, 5)),
    ((-1, 1), (4, 2, 5), (4, 5)),
    ((2, 1), (4, 2, 3, 5), (4, 3, 6, 2)),
    (1, (1, 1), (1, 1)),
]


def by_rows(a, b, axes):
    axis_a, axis_b = axes if isinstance(axes, tuple) else (axes, axes)
    rows = [np.tensordot(x, y, ([axis_a % a.ndim - 1], [axis_b % b.ndim - 1])) for x, y in zip(a, b, strict=True)]
    y = np.stack(rows)
    return y[:, np.newaxis] if y.ndim == 1 else y


@pytest.mark.parametrize(("axes", "one", "other"), PAIRS)
@pytest.mark.parametrize("normalize", [False, True])
def test_every_row_is_an_independent_tensor_product(axes, one, other, normalize, rng, check_gradients):
    a, b = rng.normal(size=one), rng.normal(size=other)
    layer = Dot(axes, normalize, dtype="float64")
    if normalize:
        axis_a, axis_b = axes if isinstance(axes, tuple) else (axes, axes)
        units = a / np.linalg.norm(a, axis=axis_a, keepdims=True), b / np.linalg.norm(b, axis=axis_b, keepdims=True)
    expected = by_rows(*(units if normalize else (a, b)), axes)
    np.testing.assert_allclose(layer([a, b]), expected)
    assert layer.compute_output_shape([(None, *one[1:]), (None, *other[1:])]) == (None, *expected.shape[1:])
    check_gradients(layer, [a, b])


def test_a_row_of_zeros_has_the_cosine_zero_and_gets_no_gradient():
    layer, a, b = Dot(1, normalize=True), np.zeros((1, 3), "float32"), np.ones((1, 3), "float32")
    y, cache = layer.forward([a, b])
    np.testing.assert_array_equal(y, 0)
    for dx in layer.backward(np.ones_like(y), cache):
        np.testing.assert_array_equal(dx, 0)


def test_the_function_takes_arrays_and_symbolic_tensors():
    np.testing.assert_array_equal(dot([np.ones((2, 3)), np.ones((2, 3))]), [[3], [3]])
    y = dot([Input((4, 3)), Input((5, 3))], axes=2, name="scores")
    assert (y.shape, y.name) == ((None, 4, 5), "scores")


@pytest.mark.parametrize("axes", [0, (1, 0), (1,), (1, 2, 3), "1", None, 1.5, True])
def test_anything_but_axes_raises_an_error(axes):
    with pytest.raises(ValueError, match="Dot expects axes to be an integer or two, and not 0, the batch axis, got"):
        Dot(axes)


@pytest.mark.parametrize(
    ("axes", "shapes", "message"),
    [
        (1, (2, 3), "expects a list of two inputs, got one of shape (2, 3); call it on [a, b]"),
        (1, [(2, 3)] * 3, "expects exactly two inputs, got 3, of shapes [(2, 3), (2, 3), (2, 3)]"),
        (
            2,
            [(2, 3), (2, 3, 4)],
            "expects inputs that have the axes (2, 2) after the batch axis, got shapes [(2, 3),",
        ),
        (-2, [(2, 3), (2, 3)], "expects inputs that have the axes (-2, -2) after the batch axis"),
        (1, [(2, 3), (4, 3)], "expects inputs with the same number of rows, got shapes [(2, 3), (4, 3)]"),
        (
            (1, 2),
            [(2, 3), (2, 3, 4)],
            "expects axes (1, 2) of the same size, got 3 and 4, of shapes [(2, 3), (2, 3, 4)]",
        ),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(axes, shapes, message):
    with pytest.raises(ValueError, match=f'Dot "inner" {re.escape(message)}'):
        Dot(axes, name="inner").build_for(shapes)
