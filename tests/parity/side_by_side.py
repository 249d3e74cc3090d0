"""Models with many layers side by side, made in Keras and in minidl alike."""

import inspect

import keras
import numpy as np

import minidl
from minidl.layers.preprocessing.base_image import ImageLayer
from tests.parity.test_layers import LAYERS, arguments_for, arrays_of

RECURRENT = ("RNN", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
IN_PARTS = ("MultiHeadAttention", "GroupQueryAttention")
LEFT_OUT = ("CutMix", "MixUp", "Lambda")  # random without training too; functions do not travel


def rows(number):
    """For each layer with that many rows in the table of parity tests, the row of that number."""
    return [(name, *table[number][:2]) for name, table in LAYERS.items() if len(table) > number and usable(name, table[number])]


def usable(name, row):
    arguments, shape, *call = row
    single = isinstance(shape, tuple) and len(shape) < 2
    given = arguments_for(arguments, keras)
    stateful = given.get("stateful") or getattr(given.get("layer"), "stateful", False)  # Keras then wants the batch's size
    return not (any(call) or single or stateful or name in LEFT_OUT or name.endswith("Cell") or name == "StackedRNNCells")


def side_by_side(rows, generator):
    """A functional model of Keras in which every row has inputs and outputs of its own; and arrays for its inputs."""
    inputs, outputs, arrays = [], [], []
    for name, arguments, shape in rows:
        x = arrays_of(shape, generator)
        own = x if isinstance(x, list) else [x]
        layer = getattr(keras.layers, name)(**arguments_for(arguments, keras))
        one_image = issubclass(getattr(minidl.layers, name), ImageLayer) and own[0].ndim == 3
        given = [keras.Input(batch_shape=(one.shape[0] if one_image else None, *one.shape[1:]), dtype=one.dtype) for one in own]
        if not isinstance(x, list):
            y = layer(given[0])
        elif name in IN_PARTS:
            y = layer(*given)
        elif name in RECURRENT:
            y = layer(given[0], initial_state=given[1:])
        else:
            y = layer(given)
        inputs += given
        arrays += own
        outputs += list(y) if isinstance(y, (list, tuple)) else [y]
    return keras.Model(inputs, outputs), arrays


def give_random_weights(model, generator):
    for variable in model.weights:
        value = generator.normal(size=variable.shape)
        variable.assign(np.abs(value) + 0.5 if "variance" in variable.path else value)


def called(model, x):
    """The outputs in inference: without `training`, an augmentation in Keras puts the layers after it into training."""
    takes_training = isinstance(model, keras.Model) or "training" in inspect.signature(model.__call__).parameters
    y = model(x, training=False) if takes_training else model(x)
    return [np.asarray(one) for one in (y if isinstance(y, (list, tuple)) else [y])]
