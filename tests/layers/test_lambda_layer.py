"""`Lambda`: gradients through its function, what the function is given, shapes, masks, files."""

import re

import numpy as np
import pytest

from minidl import Model, Sequential, load_model
from minidl.layers import Dense, Embedding, Input, Lambda, SimpleRNN
from minidl.saving import register_keras_serializable
from minidl.testing import check_layer


@register_keras_serializable(package="tests")
def scaled(x, factor=2.0):
    return factor * x


@register_keras_serializable(package="tests")
def scaled_backward(dy, x, y, factor=2.0):
    return factor * dy


def half(x):
    return x / 2


def test_the_first_layer_needs_no_derivative(rng):
    x, y = rng.integers(256, size=(32, 4)), rng.normal(size=(32, 1))
    model = Sequential([Lambda(lambda x: x / 255.0), Dense(1)])
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    start = Input((4,))
    drawn = Model(start, Dense(1)(Lambda(lambda x: x / 255.0)(start)))
    losses = drawn.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_gradients_flow_through_the_function_to_the_layers_before_it(rng):
    x, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    model = Sequential([Dense(2), Lambda(lambda x: 2 * np.tanh(x), name="double")])
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    check_layer(lambda: Lambda(lambda x: np.exp(x) * x), (3, 4))


def test_a_function_without_a_known_gradient_is_named_and_the_weights_stay(rng):
    x, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 2))
    model = Sequential([Dense(2), Lambda(np.unwrap, name="unwrapped")])
    model.build((None, 4))
    before = model.get_weights()
    with pytest.raises(
        TypeError, match=r'numpy.unwrap has no known gradient, so Lambda "unwrapped" cannot be trained through it'
    ):
        model.fit(x, y, verbose=0)
    for weight, start in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, start)
    assert model.predict(x).shape == (8, 2)


def test_a_lambda_with_backward_passes_all_checks(rng, check_gradients):
    layer = Lambda(np.tanh, backward=lambda dy, x, y: dy * (1 - y**2), dtype="float64")
    check_gradients(layer, rng.normal(size=(3, 4)))
    check_layer(lambda: Lambda(np.sin, backward=lambda dy, x, y: dy * np.cos(x)), (3, 4))
    with pytest.raises(AssertionError, match=r"\[gradient\] dx"):
        check_layer(lambda: Lambda(np.sin, backward=lambda dy, x, y: dy * np.sin(x)), (3, 4))


def test_arguments_mask_and_training_reach_both_functions_where_they_name_them():
    seen = []

    def forward(x, factor, training, mask):
        seen.append((factor, training, mask))
        return x * factor

    def backward(dy, x, y, factor, training=None):
        seen.append((factor, training))
        return dy * factor

    layer, x, mask = Lambda(forward, arguments={"factor": 3}, backward=backward), np.ones((1, 2, 1)), np.array([[True, False]])
    y, cache, _ = layer._forward(x, mask, training=True)
    layer._backward(y, cache)
    layer(x)
    assert [(factor, training) for factor, training, *_ in seen] == [(3, True), (3, True), (3, False)]
    assert seen[0][2] is mask
    assert seen[2][2] is None


def test_a_function_cannot_change_the_callers_arrays():
    def in_place(x):
        x *= 2
        return x

    x = np.ones((2, 2), "float32")
    np.testing.assert_array_equal(Lambda(in_place)(x), 2)
    np.testing.assert_array_equal(x, 1)

    def writes(x):
        x[0] = 2
        return x

    with pytest.raises(ValueError, match="read-only"):
        Lambda(writes)(x)
    np.testing.assert_array_equal(x, 1)
    Lambda(lambda x: x)(x)
    assert x.flags.writeable


def test_floats_are_cast_to_the_layers_dtype_and_integers_are_not():
    x = np.ones((2, 2), "float32")
    assert Lambda(lambda x: x * np.float64(2))(x).dtype == "float32"
    assert Lambda(lambda x: x.argmax(axis=-1))(x).dtype.kind == "i"
    assert Lambda(lambda x: [x > 0, x])(x)[0].dtype == bool


@pytest.mark.parametrize(
    ("output_shape", "shape", "expected"),
    [
        (None, (None, 4, 3), (None, 3, 4)),
        (None, (None, None, 3), (None, 3, None)),
        ((3, 4), (None, 4, 3), (None, 3, 4)),
        ([3, 4], (7, 4, 3), (7, 3, 4)),
        (lambda shape: (shape[0], shape[2], shape[1]), (None, None, 3), (None, 3, None)),
    ],
)
def test_the_output_shape_is_found_or_given(output_shape, shape, expected):
    layer = Lambda(lambda x: x.swapaxes(1, 2), output_shape)
    assert layer.compute_output_shape(shape) == expected
    assert layer(Input(batch_shape=shape)).shape == expected


def test_a_shape_that_cannot_be_found_can_be_given():
    def picky(x):
        if x.shape[0] != 5:
            raise RuntimeError("five rows, please")
        return x

    with pytest.raises(RuntimeError, match="five rows") as error:
        Lambda(picky, name="picky")(Input((3,)))
    assert any("Lambda(function, output_shape=...)" in note for note in error.value.__notes__)
    assert Lambda(picky, output_shape=(3,))(Input((3,))).shape == (None, 3)


def test_several_inputs_and_outputs_are_lists_and_have_their_gradients(rng):
    a, b = Input((3,)), Input((3,))
    layer = Lambda(
        lambda x: [x[0] + x[1], x[0] - x[1]],
        backward=lambda dy, x, y: [dy[0] + dy[1], dy[0] - dy[1]],
    )
    total, difference = layer([Dense(3)(a), Dense(3)(b)])
    model = Model([a, b], [Dense(1)(total), Dense(1)(difference)])
    model.compile(loss="mse")
    arrays = [rng.normal(size=(8, 3)) for _ in range(2)]
    history = model.fit(arrays, [np.ones((8, 1)), np.zeros((8, 1))], epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


def test_a_lambda_drops_the_mask_unless_it_defines_one():
    ids = np.array([[1, 2, 0, 0]])
    embedding = Embedding(5, 2, mask_zero=True)
    handed_on = Sequential([embedding, Lambda(lambda x: x, mask=lambda x, mask: mask), rnn := SimpleRNN(2)])
    dropped = Sequential([embedding, Lambda(lambda x: x), rnn])
    np.testing.assert_allclose(handed_on.predict(ids), handed_on.predict(ids[:, :2]), rtol=1e-5, atol=1e-6)
    assert not np.allclose(dropped.predict(ids), handed_on.predict(ids))
    assert not Lambda(half).supports_masking
    assert Lambda(half, mask=lambda x, mask: mask).supports_masking


def test_saving_a_model_with_a_lambda_raises_an_error_that_says_what_to_do(tmp_path):
    model = Sequential([Input((3,)), Lambda(lambda x: x, name="same"), Dense(1)])
    message = 'Lambda "same" holds a lambda, which a file cannot.*register_keras_serializable.*or write a Layer'
    with pytest.raises(ValueError, match=message):
        model.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_registered_function_is_saved_and_loaded(tmp_path, rng):
    x, y = rng.normal(size=(16, 3)), rng.normal(size=(16, 1))
    layer = Lambda(scaled, (2,), arguments={"factor": 3.0}, backward=scaled_backward)
    model = Sequential([Dense(2), layer, Dense(1)])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    for one in (model, again):
        one.fit(x, y, verbose=0, shuffle=False)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_an_unregistered_function_must_be_passed_as_custom_object(tmp_path):
    model = Sequential([Input((3,)), Lambda(half)])
    model.save(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match="'half'"):
        load_model(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors", custom_objects={"half": half})
    np.testing.assert_array_equal(again.predict(np.ones((1, 3))), [[0.5] * 3])


def test_config_and_repr_hold_what_was_given():
    layer = Lambda(scaled, backward=scaled_backward, arguments={"factor": 3})
    arguments, config = layer.constructor_arguments(), layer.get_config()
    assert (arguments["function"], arguments["backward"]) == (scaled, scaled_backward)
    assert (config["function"]["config"], config["arguments"]) == ("tests>scaled", {"factor": 3})
    assert Lambda(scaled).get_config()["backward"] is None
    assert repr(layer) == "Lambda(scaled)"
    rebuilt = Lambda.from_config(config)
    np.testing.assert_array_equal(rebuilt(np.ones((1, 1))), [[3]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"function": "relu"}, "Lambda expects function to be a function of arrays, got 'relu'"),
        ({"function": half, "backward": 3}, "Lambda expects backward to be a function of arrays, got 3"),
        ({"function": half, "output_shape": 3}, "Lambda expects output_shape to be a tuple, without the batch axis, or a"),
    ],
)
def test_anything_but_a_function_raises_an_error(arguments, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        Lambda(**arguments)


def test_a_gradient_of_another_shape_raises_an_error():
    layer = Lambda(lambda x: x.sum(axis=1, keepdims=True), backward=lambda dy, x, y: dy, name="total")
    y, cache, _ = layer._forward(np.ones((2, 3)))
    message = r'Lambda "total": backward returns dx, in the shape of x, \(2, 3\), got \(2, 1\)'
    with pytest.raises(ValueError, match=message):
        layer._backward(y, cache)
