"""Configs of models: plain JSON values that rebuild an equal model, whatever it is made of."""

import json

import numpy as np
import pytest

from minidl import Input, Layer, Model, Sequential, layers, ops
from minidl.models import clone_model

GENERATOR = np.random.default_rng(0)


class Scale(Layer):
    """A layer of the user, with another layer and a regularizer as arguments."""

    def __init__(self, inner, factor=2.0, options=None, **kwargs):
        super().__init__(**kwargs)
        self.inner, self.factor, self.options = inner, factor, options

    def build(self, input_shape):
        self.inner.build(input_shape)

    def forward(self, x, training=False):
        y, cache, _ = self.inner._forward(x, None, training)
        return self.factor * y, cache

    def backward(self, dy, cache):
        return self.inner._backward(self.factor * dy, cache)

    def compute_output_shape(self, input_shape):
        return self.inner.compute_output_shape(input_shape)


class KerasStyle(Layer):
    """A layer that writes its config as Keras's guide says."""

    def __init__(self, given, **kwargs):
        super().__init__(**kwargs)
        self._inner = given

    def build(self, input_shape):
        self._inner.build(input_shape)

    def forward(self, x, training=False):
        return self._inner.forward(x)

    def backward(self, dy, cache):
        return self._inner.backward(dy, cache)

    def compute_output_shape(self, input_shape):
        return self._inner.compute_output_shape(input_shape)

    def get_config(self):
        config = super().get_config()
        config.update({"given": layers.serialize(self._inner)})
        return config

    @classmethod
    def from_config(cls, config):
        given = layers.deserialize(config.pop("given"))
        return cls(given, **config)


def shared_and_several_outputs():
    x = Input((4,), name="x")
    shared = layers.Dense(4, activation="tanh", kernel_regularizer="l2")
    h = shared(shared(x))
    return Model(x, {"sum": layers.add([x, h]), "first": h[:, 0], "mean": ops.mean(h, axis=(0, 1), keepdims=True)})


def several_inputs_and_a_tuple():
    a, b = Input((4,)), Input((4,), dtype="float64")
    return Model([a, b], (layers.Concatenate()([a, b]), layers.Dense(2)(a)))


def nested():
    x = Input((4,))
    inner = Sequential([Input((4,)), layers.Dense(4), layers.Dropout(0.5, seed=1)])
    return Model(x, layers.Dense(1)(inner(inner(x))))


def masked_text():
    x = Input((6,), dtype="int32")
    h = layers.Embedding(10, 4, mask_zero=True)(x)
    return Model(x, layers.Dense(2, "softmax")(layers.Bidirectional(layers.LSTM(3, dropout=0.1, seed=2))(h)))


MODELS = {
    "empty": Sequential,
    "not built": lambda: Sequential([layers.Dense(2)]),
    "sequential": lambda: Sequential([Input((4,)), layers.Dense(3, "relu"), layers.BatchNormalization(), layers.Dense(1)]),
    "shared layers and several outputs": shared_and_several_outputs,
    "several inputs and a tuple of outputs": several_inputs_and_a_tuple,
    "nested": nested,
    "mask and bidirectional": masked_text,
    "a cell as an argument": lambda: Sequential([Input((5, 2)), layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)])]),
    "a layer of the user": lambda: Sequential([Input((4,)), Scale(layers.Dense(2, "relu"), options={"axis": (0, 1)})]),
    "a layer in the style of Keras": lambda: Sequential([Input((4,)), KerasStyle(layers.Dense(3))]),
    "a function": lambda: Sequential([Input((4,)), layers.Lambda(lambda x: 2 * x), layers.Dense(2)]),
    "arrays": lambda: Sequential([Input((2,)), layers.Normalization(mean=np.array([1.0, 2.0]), variance=[1.0, 4.0])]),
}


def inputs_of(model):
    made = [
        GENERATOR.integers(0, 9, (3, *tensor.shape[1:]))
        if tensor.dtype == "int32"
        else GENERATOR.normal(size=(3, *tensor.shape[1:]))
        for tensor in model.inputs
    ]
    return made if len(made) > 1 else made[0]


@pytest.mark.parametrize("name", MODELS)
def test_the_config_is_plain_and_rebuilds_an_equal_model(name):
    model = MODELS[name]()
    config = model.get_config()
    assert json.loads(json.dumps(config)) == config
    clone = clone_model(model)
    assert clone.get_config() == config
    if "user" not in name and "Keras" not in name and name != "a function":
        assert type(model).from_config(json.loads(json.dumps(config))).get_config() == config
    if not model.built:
        return
    clone.set_weights(model.get_weights())
    x = inputs_of(model)
    ours, theirs = model.predict(x), clone.predict(x)
    assert type(ours) is type(theirs)
    for one, other in zip(
        ours.values() if isinstance(ours, dict) else ours, theirs.values() if isinstance(ours, dict) else theirs, strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_arguments_of_a_parent_are_in_the_config_of_a_layer_of_the_user():
    config = Scale(layers.Dense(2), activity_regularizer="l2", name="s").get_config()
    assert config["activity_regularizer"]["class_name"] == "L2"
    assert (config["trainable"], config["dtype"], config["name"], config["factor"]) == (True, "float32", "s", 2.0)
    assert config["inner"]["class_name"] == "Dense"
    assert Scale.from_config(config).get_config() == config


def test_two_functions_of_one_name_raise_an_error():
    model = Sequential([Input((4,)), layers.Lambda(lambda x: x + 1), layers.Lambda(lambda x: x + 2)])
    with pytest.raises(ValueError, match="unknown function '<lambda>'"):
        clone_model(model)
