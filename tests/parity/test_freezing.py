"""What Keras freezes by `trainable=False` in a constructor is frozen here."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.beside import both

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
