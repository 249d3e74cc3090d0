"""Weights of layers: how they are registered, and what happens when an attribute or a gradient is replaced."""

import numpy as np
import pytest

import minidl
from minidl import Layer, Sequential, Variable, layers
from minidl.layers import Dense, TimeDistributed
from minidl.random import SeedGenerator, normal

X, Y = np.ones((8, 3), "float32"), np.ones((8, 3), "float32")


class Own(Layer):
    """Variables in attributes and lists, none of them made by add_weight."""

    def build(self, input_shape):
        self.scale = Variable(np.ones(input_shape[-1]), name="scale")
        self.offsets = [Variable(np.zeros(input_shape[-1]), name="offset"), Variable(np.zeros(()), name="shift")]
        self.count = Variable(0.0, trainable=False, name="count")

    def call(self, x, training=False):
        if training:
            self.count.assign_add(1.0)
        return x * self.scale + self.offsets[0] + self.offsets[1]


def test_variables_in_attributes_are_weights_that_learn_and_are_saved(tmp_path):
    model = Sequential([Own()])
    model.compile("sgd", "mse")
    model.fit(X, 2 * Y, epochs=2, verbose=0)
    layer = model.layers[0]
    assert [weight.name for weight in layer.weights] == ["scale", "offset", "shift", "count"]
    assert [weight.name for weight in layer.trainable_weights] == ["scale", "offset", "shift"]
    assert layer.count.numpy() == 2
    assert (layer.scale.numpy() > 1).all()
    assert layer.count_params() == 8
    model.save(tmp_path / "own.safetensors")
    again = minidl.load_model(tmp_path / "own.safetensors", custom_objects={"Own": Own})
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_freezing_applies_to_variables_in_attributes():
    layer = Own()
    layer(X)
    layer.trainable = False
    assert layer.trainable_weights == []
    layer.trainable = True
    assert len(layer.trainable_weights) == 3


USES_OF_A_MODEL = {
    "predict": lambda model: model.predict(X),
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "layer": lambda model: model.layers[0](X),
    "call": lambda model: model(X),
    "call in training": lambda model: model(X, training=True),
    "call on a list": lambda model: model(X.tolist()),
    "nested": lambda model: Sequential([minidl.Input((3,)), model])(X),
    "wrapped": lambda model: TimeDistributed(model.layers[0])(X[np.newaxis]),
}


@pytest.mark.parametrize("use", USES_OF_A_MODEL.values(), ids=USES_OF_A_MODEL)
def test_a_weight_replaced_by_an_array_raises_an_error_with_the_way_to_change_it(use):
    model = Sequential([Dense(3)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    model.layers[0].kernel = np.zeros((3, 3))
    with pytest.raises(TypeError, match=r"its attribute 'kernel' was the weight 'kernel' and is now a ndarray.*kernel\.assign"):
        use(model)


def test_a_gradient_of_another_shape_raises_an_error():
    layer = Dense(2)
    layer(X)
    with pytest.raises(ValueError, match=r'variable "bias" has shape \(2,\), got a gradient of shape \(3, 2\)'):
        layer.bias.grad = layer.kernel.grad


class WrongShape(Layer):
    def forward(self, x, training=False):
        return x, None

    def backward(self, dy, cache):
        return dy.sum(axis=0)  # would broadcast


class WrongOfTwo(Layer):
    def forward(self, x, training=False):
        return x[0] + x[1], None

    def backward(self, dy, cache):
        return [dy, dy[:, :1]]


def test_a_wrong_input_gradient_is_an_error_that_names_the_layer():
    model = Sequential([Dense(3), WrongShape(name="wrong"), Dense(3)])
    model.compile("sgd", "mse")
    message = r'WrongShape "wrong": backward returns dx of the input\'s shape \(8, 3\), got \(3,\)'
    with pytest.raises(ValueError, match=message) as error:
        model.fit(X, Y, verbose=0, batch_size=8)
    assert error.value.__notes__ == ['in layer 2 of 3, WrongShape "wrong"']
    start = minidl.Input((3,))
    two = minidl.Model(start, WrongOfTwo(name="two")([Dense(3)(start), Dense(3)(start)]))
    two.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r'WrongOfTwo "two": backward returns dx of shape \(8, 3\) for input 1, got \(8, 1\)'):
        two.fit(X, Y, verbose=0, batch_size=8)


def test_seed_generators_in_attributes_are_part_of_the_state():
    class Noise(Layer):
        def __init__(self):
            super().__init__()
            self.seeds = SeedGenerator(3)

        def call(self, x):
            return x + normal((3,), seed=self.seeds)

    layer = Noise()
    assert layer.generators == [layer.seeds.generator]
    with layer.preserved_state():
        first = layer(X)
    np.testing.assert_array_equal(layer(X), first)
    assert not np.array_equal(layer(X), first)


def test_no_layer_is_more_than_three_classes_below_layer():
    def deepest(kind, depth=0):
        below = [deepest(child, depth + 1) for child in kind.__subclasses__() if child.__module__.startswith("minidl.")]
        return max([depth, *below])

    assert deepest(Layer) <= 3


@pytest.mark.parametrize("make", [lambda: layers.Dense(2), lambda: Sequential([layers.Dense(2)]), layers.Flatten])
def test_weights_are_counted_once_they_are_known(make):
    layer = make()
    with pytest.raises(ValueError, match=r"is not built, so its weights cannot be counted: call it on data or build\(\) it"):
        layer.count_params()
    layer.build((None, 3))
    assert layer.count_params() == (0 if isinstance(layer, layers.Flatten) else 8)
