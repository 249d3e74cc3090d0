"""Layers round another layer, or round a function."""

from minidl import layers
from tests.families.common import ROW, SEQUENCE, ids


def wrapped(make, **arguments):
    return lambda: layers.Wrapper(make(), **arguments)


FORMS = {
    "Wrapper": [
        (wrapped(lambda: layers.Dense(3, "tanh", activity_regularizer="l2")), ROW, {}),
        (wrapped(lambda: layers.Dense(2, "softmax"), activity_regularizer="l2"), SEQUENCE, {}),
        (wrapped(lambda: layers.SimpleRNN(3, dropout=0.3, return_sequences=True)), SEQUENCE, {}),
        (wrapped(lambda: layers.SimpleRNN(3, return_state=True)), SEQUENCE, {}),
        (wrapped(layers.BatchNormalization), ROW, {}),
        (wrapped(wrapped(lambda: layers.Embedding(5, 2, mask_zero=True))), (3, 4), {"inputs": ids}),
        (wrapped(layers.Add), [ROW, ROW], {}),
    ],
}
BESIDE_KERAS = {"Wrapper": []}  # Keras's has no call
