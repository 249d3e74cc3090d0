"""A Sequential is a list of layers that can be changed, seen, nested and rebuilt."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, models
from minidl.config import registry
from minidl.layers import Dense, Dropout, Flatten
from minidl.layers.traversal import weight_paths

X = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)


def test_a_model_with_a_declared_input_is_built_at_once():
    with pytest.warns(UserWarning, match=r"Dense was given input_shape or input_dim; begin the model with Input\(shape\)"):
        older = [Dense(3, input_shape=(5,)), Dense(3, input_dim=5)]
    for first in ([Input((5,)), Dense(3)], older[:1], older[1:], [layers.InputLayer((5,)), Dense(3)]):
        assert Sequential(first).built
    assert models.clone_model(Sequential(older[:1])).built  # without another warning
    assert not Sequential([Dense(3)]).built


def test_layers_does_not_list_the_input():
    model = Sequential([Input((5,)), Dense(3)])
    assert [type(layer).__name__ for layer in model.layers] == ["Dense"]


def test_add_and_pop_change_the_model_and_keep_the_weights():
    model = Sequential([Input((5,)), Dense(4)])
    kernel = model.layers[0].kernel
    model.add(Dense(3))
    assert model.predict(X).shape == (7, 3)
    assert model.pop() is not None
    assert model.layers[0].kernel is kernel
    assert model.predict(X).shape == (7, 4)
    model.compile("adam", "mse")
    model.fit(X, np.zeros((7, 4)), verbose=0)
    model.add(Dense(2))
    model.fit(X, np.zeros((7, 2)), verbose=0)
    with pytest.raises(ValueError, match="no layer to pop"):
        Sequential().pop()


def test_get_layer_by_name_and_index():
    model = Sequential([Dense(4, name="a"), Dense(3, name="b")])
    assert model.get_layer("b") is model.get_layer(index=1) is model.layers[1]
    with pytest.raises(ValueError, match=r"no layer named 'c'.*'a', 'b'"):
        model.get_layer("c")
    with pytest.raises(ValueError, match="either"):
        model.get_layer()


def test_a_config_rebuilds_the_architecture():
    model = Sequential([Input((5,)), Dense(4, "relu"), Dropout(0.3), Sequential([Dense(2)], name="inner")], name="outer")
    again = Sequential.from_config(registry.deserialize(registry.serialize(model.get_config())))
    assert again.name == "outer"
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]
    assert again.layers[1].rate == 0.3


def test_weights_are_in_keras_order_layer_by_layer():
    model = Sequential([Input((5,)), layers.BatchNormalization(name="norm"), Dense(2, name="out")])
    assert list(weight_paths(model)) == [
        "norm/gamma",
        "norm/beta",
        "norm/moving_mean",
        "norm/moving_variance",
        "out/kernel",
        "out/bias",
    ]
    assert [v.name for v in model.trainable_weights] == ["gamma", "beta", "kernel", "bias"]


def test_a_summary_shows_shapes_and_counts():
    lines = []
    model = Sequential([Input((5, 2)), Flatten(), Dense(4, name="hidden"), Dense(3)], name="net")
    model.layers[1].trainable = False
    model.summary(print_fn=lines.append)
    text = "\n".join(lines)
    for words in ('Model: "net"', "hidden (Dense)", "(None, 4)", "44", "Total params: 59", "Trainable params: 15"):
        assert words in text


def test_a_summary_of_an_unbuilt_model_shows_what_is_not_known():
    lines = []
    Sequential([Dense(4, name="hidden")]).summary(print_fn=lines.append)
    assert "hidden (Dense)" in "\n".join(lines)
    assert "Not built yet" in "\n".join(lines)


def test_a_summary_of_a_functional_model_shows_connections():
    lines = []
    a, b = Input((5,), name="left"), Input((5,), name="right")
    shared = Dense(4, name="shared")
    Model([a, b], layers.add([shared(a), shared(b)])).summary(print_fn=lines.append)
    assert "left, right" in "\n".join(lines)


def test_a_sequential_can_be_a_layer_of_a_functional_model():
    start = Input((5,))
    inner = Sequential([Dense(4, "relu"), Dense(2)])
    model = Model(start, inner(start))
    np.testing.assert_array_equal(model.predict(X), inner.predict(X))
    assert model.output_shape == (None, 2) if hasattr(model, "output_shape") else True


def test_a_models_parts_are_called_on_arrays_and_lists():
    model = Sequential([Input((5,)), Dense(2)])
    np.testing.assert_allclose(model(X), model.predict(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(X.tolist()), model.predict(X), rtol=1e-5, atol=1e-6)
    assert model(X[:1]).shape == (1, 2)


def test_an_error_inside_a_model_names_the_layer_and_its_position():
    class Broken(layers.Layer):
        def forward(self, x, training=False):
            raise ZeroDivisionError("inside")

        def compute_output_shape(self, input_shape):
            return input_shape

    model = Sequential([Input((5,)), Dense(2), Broken(name="broken")])
    with pytest.raises(ZeroDivisionError) as caught:
        model.predict(X)
    assert caught.value.__notes__ == ['in layer 2 of 2, Broken "broken"']


def test_a_layer_without_compute_output_shape_is_run_on_two_sizes():
    class Pairs(layers.Layer):
        def forward(self, x, training=False):
            return np.concatenate([x, x], axis=-1), None

        def backward(self, dy, cache):
            half = dy.shape[-1] // 2
            return dy[..., :half] + dy[..., half:]

    start = Input((None, 3))
    assert Pairs()(start).shape == (None, None, 6)
    model = Sequential([Input((5,)), Pairs(), Dense(2)])
    assert model.layers[1].kernel.shape == (10, 2)


def test_a_clone_has_the_architecture_and_other_weights():
    model = Sequential([Input((5,)), Dense(4)])
    clone = models.clone_model(model)
    assert clone.layers[0].get_config() == model.layers[0].get_config()
    assert (clone.layers[0].kernel.value != model.layers[0].kernel.value).any()
