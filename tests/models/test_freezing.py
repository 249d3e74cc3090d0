"""What is frozen: by `trainable=False` in a constructor or later, whatever is built or added afterwards, also in copies."""

import copy
import pickle

import numpy as np
import pytest

from minidl import Input, Layer, Model, Sequential, layers, load_model, models
from minidl.saving import register_keras_serializable

X = np.random.default_rng(0).normal(size=(8, 5, 4)).astype("float32")


def functional(**options):
    start = Input((5, 4))
    return Model(start, layers.BatchNormalization()(layers.Dense(3)(start)), **options)


def nested(**options):
    start = Input((5, 4))
    inner = Sequential([layers.Dense(3), functional_on(3)])
    return Model(start, layers.Dense(2)(inner(start)), **options)


def functional_on(width):
    start = Input((5, width))
    return Model(start, layers.Dense(2)(start))


def grown(**options):
    model = Sequential([Input((5, 4)), layers.Dense(3)], **options)
    model.add(layers.Dense(2))
    return model


def grown_with_built_layers(**options):
    inner, model = layers.Dense(3), Sequential(**options)
    inner.build((None, 5, 4))
    model.add(inner)
    return model


@register_keras_serializable(package="freezing")
class ByCall(Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(3)

    def call(self, x):
        return self.inner(x)


@register_keras_serializable(package="freezing")
class ByForward(Layer):
    """No `build`: the inner layer is built when it is first called."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(3)

    def forward(self, x, training=False):
        self.inner.build_for(x.shape)
        return self.inner.forward(x)

    def backward(self, dy, cache):
        return self.inner.backward(dy, cache)


KINDS = {
    "functional": functional,
    "nested": nested,
    "sequential": lambda **options: Sequential([Input((5, 4)), layers.Dense(3)], **options),
    "unbuilt": lambda **options: Sequential([layers.Dense(3)], **options),
    "grown": grown,
    "grown with built layers": grown_with_built_layers,
    "call": ByCall,
    "forward": ByForward,
    "dense": lambda **options: layers.Dense(3, **options),
    "distributed": lambda **options: layers.TimeDistributed(layers.Dense(3), **options),
    "wrapper": lambda **options: layers.Wrapper(functional_on(4), **options),
    "spectral": lambda **options: layers.SpectralNormalization(layers.Dense(3), **options),
    "bidirectional": lambda **options: layers.Bidirectional(layers.LSTM(2), **options),
    "cells": lambda **options: layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)], **options),
    "lstm": lambda **options: layers.LSTM(2, **options),
}


def fitted(layer):
    model = Sequential([Input((5, 4)), layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, X[:, 0, :1], verbose=0)
    return model


def by_file(layer, folder):
    model = Sequential([Input((5, 4)), layer])
    model.save(folder / "net.safetensors")
    return load_model(folder / "net.safetensors").layers[0]


COPIES = {
    "itself": lambda layer, folder: layer,
    "config": lambda layer, folder: type(layer).from_config(layer.get_config()),
    "clone": lambda layer, folder: models.clone_model(Sequential([Input((5, 4)), layer])).layers[0],
    "file": by_file,
    "pickle": lambda layer, folder: pickle.loads(pickle.dumps(layer)),
    "deepcopy": lambda layer, folder: copy.deepcopy(layer),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_created_frozen_does_not_learn_in_any_copy(kind, way, tmp_path):
    layer = COPIES[way](KINDS[kind](trainable=False), tmp_path)
    assert not layer.trainable
    layer(X[:2])
    assert layer.weights
    assert not layer.trainable_weights
    assert not any(variable.trainable for variable in layer.weights)
    before = [(variable, variable.numpy()) for variable in layer.weights if not variable.is_state]
    fitted(layer)
    for variable, value in before:
        np.testing.assert_array_equal(variable.value, value)
    layer.trainable = True
    assert [variable.trainable for variable in layer.weights] == [not variable.is_state for variable in layer.weights]


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_frozen_before_it_is_built_does_not_learn(kind):
    layer = KINDS[kind]()
    layer.trainable = False
    layer(X[:2])
    assert layer.weights
    assert not layer.trainable_weights


def test_attention_created_frozen_does_not_learn():
    start = Input((5, 4))
    model = Model(start, layers.MultiHeadAttention(2, 2, trainable=False)(start, start))
    assert len(model.weights) == 8
    assert not model.trainable_weights


def test_a_clone_keeps_a_trainable_part_of_a_frozen_model():
    model = nested()
    model.trainable = False
    model.layers[1].layers[0].trainable = True
    model.layers[-1].bias.trainable = True
    clone = models.clone_model(model)
    assert [variable.trainable for variable in clone.weights] == [variable.trainable for variable in model.weights]
    assert [variable.trainable for variable in clone.weights] == [True, True, False, False, False, True]
