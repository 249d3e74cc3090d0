"""Layers that draw, compared with Keras's. The draws differ; compared is which values come out, and where they are equal."""

import re

import keras
import numpy as np
import pytest

from minidl import layers
from tests.parity.comparing import assert_close, both

# name, arguments, shape of an input of ones, axes along which one draw serves all
FORMS = [
    ("Dropout", {"rate": 0.3}, (40, 30), ()),
    ("Dropout", {"rate": 0.6, "noise_shape": (None, 1, 5)}, (40, 4, 5), (1,)),
    ("AlphaDropout", {"rate": 0.3}, (40, 30), ()),
    ("AlphaDropout", {"rate": 0.85}, (40, 30), ()),
    ("AlphaDropout", {"rate": 0.6, "noise_shape": (None, 1, 5)}, (40, 4, 5), (1,)),
    ("SpatialDropout1D", {"rate": 0.4}, (40, 4, 5), (1,)),
    ("SpatialDropout2D", {"rate": 0.4, "data_format": "channels_last"}, (40, 4, 3, 5), (1, 2)),
    ("SpatialDropout2D", {"rate": 0.4, "data_format": "channels_first"}, (40, 4, 3, 5), (2, 3)),
    ("SpatialDropout3D", {"rate": 0.4, "data_format": "channels_last"}, (40, 4, 3, 2, 5), (1, 2, 3)),
    ("SpatialDropout3D", {"rate": 0.4, "data_format": "channels_first"}, (40, 4, 3, 2, 5), (2, 3, 4)),
]


@pytest.mark.parametrize(("name", "arguments", "shape", "shared"), FORMS)
def test_dropped_values_and_shared_draws_are_those_of_keras(name, arguments, shape, shared):
    x = np.ones(shape, "float32")
    outputs = [np.asarray(layer(x, training=True)) for layer in both(lambda k: getattr(k.layers, name)(**arguments, seed=1))]
    ours, theirs = (np.unique(y) for y in outputs)
    assert len(ours) == 2
    assert_close(ours, theirs)
    for y in outputs:
        constant = [axis for axis in range(y.ndim) if (y == y.take([0], axis=axis)).all()]
        assert constant == list(shared)


@pytest.mark.parametrize("name", ["AlphaDropout", "GaussianDropout"])
def test_a_rate_of_one_raises_an_error_where_keras_divides_by_zero(name):
    with pytest.raises(ValueError, match=rf"{name} expects rate to be a number in \[0, 1\), got 1"):
        getattr(layers, name)(1)
    with pytest.raises(ZeroDivisionError):
        getattr(keras.layers, name)(1)(np.ones((2, 3)), training=True)


def test_a_large_stddev_is_accepted_where_keras_raises_an_error():
    assert layers.GaussianNoise(2.5).stddev == 2.5
    with pytest.raises(ValueError, match="stddev"):
        keras.layers.GaussianNoise(2.5)


# Arguments that both refuse when the layer is made.
REFUSED = [
    ("Dropout", {"rate": -0.1}),
    ("Dropout", {"rate": 1.5}),
    ("Dropout", {"rate": "half"}),
    ("Dropout", {"rate": None}),
    ("Dropout", {"rate": 0.5, "noise_shape": (0, 1)}),
    ("Dropout", {"rate": 0.5, "seed": 1.5}),
    ("AlphaDropout", {"rate": 1.1}),
    ("AlphaDropout", {"rate": 0.5, "seed": "a"}),
    ("GaussianDropout", {"rate": -0.1}),
    ("GaussianNoise", {"stddev": -1}),
    ("SpatialDropout1D", {"rate": -0.1}),
    ("SpatialDropout2D", {"rate": 1.5}),
    ("SpatialDropout2D", {"rate": 0.5, "data_format": "last"}),
    ("SpatialDropout3D", {"rate": 0.5, "data_format": "last"}),
    ("ReLU", {"max_value": -1}),
    ("ReLU", {"negative_slope": -1}),
    ("ReLU", {"negative_slope": None}),
    ("ReLU", {"threshold": -1}),
    ("ReLU", {"threshold": None}),
    ("LeakyReLU", {"negative_slope": None}),
    ("LeakyReLU", {"negative_slope": -0.1}),
    ("ActivityRegularization", {"l1": -1.0}),
    ("ActivityRegularization", {"l2": -1.0}),
]


@pytest.mark.parametrize(("name", "arguments"), REFUSED, ids=str)
def test_what_keras_rejects_raises_an_error_here_with_the_layer_and_the_input(name, arguments):
    with pytest.raises((TypeError, ValueError)):
        getattr(keras.layers, name)(**arguments)
    wrong, value = list(arguments.items())[-1]
    begin = "a random seed is an integer" if wrong == "seed" else f"{name} expects {wrong} to "
    with pytest.raises(ValueError, match=f"^{begin}.* got {re.escape(repr(value))}$"):
        getattr(layers, name)(**arguments)
