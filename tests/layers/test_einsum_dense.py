"""`EinsumDense`: against `np.einsum` and `Dense`, its weights' shapes, errors."""

import re

import numpy as np
import pytest

from minidl import Sequential, load_model
from minidl.layers import Dense, EinsumDense, Input

EQUATIONS = [
    ("ab,bc->ac", 4, "c", (2, 3)),
    ("abc,cd->abd", (None, 4), "d", (2, 5, 3)),
    ("abc,cde->abed", (None, 4, 2), "ed", (2, 5, 3)),
    ("...x,xy->...y", 4, "y", (2, 5, 2, 3)),
    ("...xy,yz->...zx", (4, None), "x", (2, 5, 2, 3)),
    ("ab...,bc->ac...", 4, "c", (2, 3, 5, 6)),
    ("ab...,bc->ac...", 4, "c", (2, 3)),
    ("...ab,bc->...ac", 4, "c", (2, 3)),
    ("abc,cd->ad", 4, None, (2, 5, 3)),
    ("abc,bcd->abd", (None, 4), "bd", (2, 5, 3)),
]


@pytest.mark.parametrize(("equation", "output_shape", "bias_axes", "shape"), EQUATIONS)
def test_outputs_are_those_of_einsum_and_gradients_match_numeric_ones(
    equation, output_shape, bias_axes, shape, rng, check_gradients
):
    x = rng.normal(size=shape)
    layer = EinsumDense(equation, output_shape, "tanh", bias_axes, bias_initializer="random_normal", dtype="float64")
    layer.build(shape)
    bias = layer.bias.value if bias_axes else 0
    np.testing.assert_allclose(layer(x), np.tanh(np.einsum(equation, x, layer.kernel.value) + bias))
    assert layer.compute_output_shape(shape) == layer(x).shape
    assert layer.compute_output_shape((None, *shape[1:])) == (None, *layer(x).shape[1:])
    check_gradients(layer, x)


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes", "shape", "kernel", "bias"),
    [
        ("abc,cde->abde", (None, 2, 4), "de", (None, 5, 3), (3, 2, 4), (2, 4)),
        ("abc,cde->abde", (None, 2, 4), "e", (None, 5, 3), (3, 2, 4), (4,)),
        ("abc,cde->abde", (None, 2, 4), "d", (None, 5, 3), (3, 2, 4), (2, 1)),
        ("abc,cde->abde", (None, 2, 4), "d", (None, None, 3), (3, 2, 4), (2, 1)),
        ("abc,bd->adc", (4, None), "d", (None, 5, 3), (5, 4), (4, 1)),
        ("ab...,bc->ac...", 4, "c", (None, 3, None, 6), (3, 4), (4, 1, 1)),
        ("ab,cb->ac", 4, "", (None, 3), (4, 3), None),
    ],
)
def test_kernel_and_bias_have_the_sizes_of_their_letters(equation, output_shape, bias_axes, shape, kernel, bias):
    layer = EinsumDense(equation, output_shape, bias_axes=bias_axes)
    layer.build(shape)
    assert [weight.shape for weight in layer.weights] == ([kernel] if bias is None else [kernel, bias])


def test_some_equations_equal_a_dense_layer(rng):
    x = rng.normal(size=(2, 5, 3)).astype("float32")
    ours, dense = EinsumDense("...x,xy->...y", 4, "relu", "y"), Dense(4, "relu")
    for layer in (ours, dense):
        layer.build(x.shape)
    dense.set_weights(ours.get_weights())
    np.testing.assert_array_equal(ours(x), dense(x))


def test_the_initializer_uses_the_number_of_inputs_and_outputs():
    layer = EinsumDense("abc,dec->abde", (None, 60, 50), kernel_initializer="glorot_normal")
    layer.build((None, None, 40))  # 40 inputs, 3000 outputs, though the input's axis is the last
    assert layer.kernel.value.std() == pytest.approx(np.sqrt(2 / 3040), rel=0.02)
    assert layer.constructor_arguments()["kernel_initializer"] == "glorot_normal"


def test_an_ellipsis_allows_inputs_of_several_ranks(rng):
    layer = EinsumDense("...x,xy->...y", 4)
    rows = rng.normal(size=(6, 3)).astype("float32")
    y = layer(rows)
    np.testing.assert_allclose(layer(rows.reshape(2, 3, 3)), y.reshape(2, 3, 4), rtol=1e-5, atol=1e-6)


def test_a_functional_model_with_it_trains_and_is_loaded_again(tmp_path, rng):
    x, y = rng.normal(size=(16, 5, 3)), rng.integers(2, size=(16, 5, 1))
    model = Sequential(
        [Input((None, 3)), EinsumDense("abc,cd->abd", (None, 4), "relu"), EinsumDense("...a,ab->...b", 1, "sigmoid", "b")]
    )
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "model.safetensors").predict(x), model.predict(x))


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("ab->ac", 'expects an equation such as "abc,cd->abd"'),
        ("ab, bc->ac", "expects an equation such as"),
        ("...ab,bc->ac", "expects an equation such as"),
        ("a...b,bc->a...c", "expects an equation such as"),
        ("...ab...,bc->...ac...", "expects an equation such as"),
        (None, "expects an equation such as .* got None"),
        ("aab,bc->ac", 'expects each letter once in "aab"'),
        ("ab,bc->acc", 'expects each letter once in "acc"'),
        ("ab,bc->ad", 'the output\'s axis "d" is in neither input nor kernel of'),
        ("ab,bc->a", 'the kernel\'s axis "c" is in neither input nor output of'),
    ],
)
def test_anything_but_an_equation_raises_an_error(equation, message):
    with pytest.raises(ValueError, match=f"EinsumDense:? ?{message}"):
        EinsumDense(equation, 4)


@pytest.mark.parametrize("output_shape", [0, (4, -1), "4", (2.0,), True])
def test_anything_but_an_output_shape_raises_an_error(output_shape):
    with pytest.raises(ValueError, match="EinsumDense expects output_shape to hold positive integers or None, got"):
        EinsumDense("ab,bc->ac", output_shape)


def test_a_bias_along_a_missing_axis_of_the_output_raises_an_error():
    with pytest.raises(ValueError, match='expects bias_axes to be letters of the output "ac", got \'cb\', which has "b"'):
        EinsumDense("ab,bc->ac", 4, bias_axes="cb")


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        (("abc,cd->abd", (None, 4)), (2, 3), 'expects inputs of 3 axes, as its equation names "abc", got shape (2, 3)'),
        (("...bc,cd->...bd", (None, 4)), (3,), "expects inputs of 2 axes or more"),
        (("ab,bc->ac", 4), (2, 3, 3), "expects inputs of 2 axes, as"),
        (("abc,cd->abd", 4), (2, 5, 3), 'expects output_shape to hold a size for each of the axes "bd"'),
        (("abc,cd->abd", (6, 4)), (2, 5, 3), 'expects the size 6 on axis "b" of "abc", got 5 in shape (2, 5, 3)'),
        (("ab,bc->ca", 2), (2, 3), 'expects the rows, axis "a", to come first in its output too, got "ab,bc->ca"'),
        (("ab,bc->ac", None), (2, 3), 'needs to know the size of axis "c" of "ab,bc->ac"; give it in output_shape'),
        (("ab,bc->ac", 4), (None, None), 'needs to know the size of axis "b"'),
        (("abc,cd->abd", (None, 4), None, "b"), (2, None, 3), 'needs to know the size of axis "b"'),
        (("ab,bc->ac", 4), [(2, 3), (2, 3)], "expects one array, got 2 of shapes [(2, 3), (2, 3)]"),
    ],
)
def test_inputs_that_do_not_fit_the_equation_raise_an_error(arguments, shape, message):
    with pytest.raises(ValueError, match=f'EinsumDense "inner" {re.escape(message)}'):
        EinsumDense(*arguments, name="inner").build_for(shape)


def test_other_sizes_than_the_kernel_was_made_for_raise_an_error():
    layer = EinsumDense("abc,cd->abd", (None, 4), name="inner")
    layer.build((None, None, 3))
    message = 'EinsumDense "inner" expects the size 3 on axis "c" of "abc", got shape (2, 5, 4); its weights were made for 3'
    with pytest.raises(ValueError, match=re.escape(message)):
        layer(np.ones((2, 5, 4)))
