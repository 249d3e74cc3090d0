"""What Keras freezes by `trainable=False` in a constructor is frozen here."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import both

X = np.ones((2, 5, 4), "float32")


def functional(k, **options):
    start = k.Input((5, 4))
    return k.Model(start, k.layers.BatchNormalization()(k.layers.Dense(3)(start)), **options)


def attention(k, **options):
    start = k.Input((5, 4))
    return k.Model(start, k.layers.MultiHeadAttention(2, 2)(start, start), **options)


def grown(k, **options):
    model = k.Sequential([k.Input((5, 4)), k.layers.Dense(3)], **options)
    model.add(k.layers.Dense(2))
    return model


MAKERS = {
    "functional": functional,
    "attention": attention,
    "grown": grown,
    "unbuilt": lambda k, **options: k.Sequential([k.layers.Dense(3)], **options),
    "dense": lambda k, **options: k.layers.Dense(3, **options),
    "distributed": lambda k, **options: k.layers.TimeDistributed(k.layers.Dense(3), **options),
    "bidirectional": lambda k, **options: k.layers.Bidirectional(k.layers.LSTM(2), **options),
    "cells": lambda k, **options: k.layers.RNN([k.layers.LSTMCell(2), k.layers.LSTMCell(2)], **options),
}


@pytest.mark.parametrize("rebuilt", [False, True], ids=["made", "rebuilt"])
@pytest.mark.parametrize("name", MAKERS)
def test_the_same_number_of_weights_learns(name, rebuilt):
    for options in ({}, {"trainable": False}):
        counts = []
        for model in both(lambda k, options=options: MAKERS[name](k, **options)):
            again = rebuilt and not isinstance(
                model, (minidl.Sequential, keras.Sequential)
            )  # Keras's forgets that it is frozen
            one = type(model).from_config(model.get_config()) if again else model
            one(X)
            counts.append((one.trainable, len(one.weights), len(one.trainable_weights)))
        assert counts[0] == counts[1]
        assert (counts[0][2] == 0) == bool(options)


def test_a_model_made_with_trainable_false_freezes_its_layers_where_keras_does_not():
    ours, theirs = both(lambda k: functional(k, trainable=False))
    assert [layer.trainable for layer in ours.layers if layer.weights] == [False, False]
    assert [layer.trainable for layer in theirs.layers if layer.weights] == [True, True]
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 0


def sharing(k):
    """A frozen inner model, and another model that shares its layer."""
    shared = k.layers.Dense(3)
    inner = k.Sequential([k.Input((4,)), shared])
    other = k.Sequential([k.Input((4,)), shared, k.layers.Dense(1)])
    inner.trainable = False
    return other


def test_freezing_an_inner_model_freezes_its_layers_in_every_model_that_shares_them():
    ours, theirs = both(sharing)
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 2  # of the last layer
