"""Forecasting from windows of the past: a common baseline, a dense model, a convolution and an LSTM."""

import keras
import numpy as np
from keras import layers

t = np.arange(200)
raw_data = np.stack([np.sin(t / 9), np.cos(t / 7), np.sin(t / 5) ** 2], axis=1).astype("float32")
sequence_length = 6
windows = np.stack([raw_data[i : i + sequence_length] for i in range(40)])
targets = np.array([raw_data[i + sequence_length, 0] for i in range(40)])
baseline_mae = np.mean(np.abs(windows[:, -1, 0] - targets))


def dense(x):
    return layers.Dense(4, activation="relu")(layers.Flatten()(x))


def convolution(x):
    x = layers.Conv1D(4, 3, activation="relu", padding="causal")(x)
    return layers.GlobalAveragePooling1D()(layers.MaxPooling1D(2)(x))


def recurrent(x):
    return layers.LSTM(4)(x)


histories = {}
for make in (dense, convolution, recurrent):
    inputs = keras.Input(shape=(sequence_length, raw_data.shape[-1]))
    outputs = layers.Dense(1)(make(inputs))
    model = keras.Model(inputs, outputs)
    # same weights: model
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    histories[make.__name__] = model.fit(windows, targets, epochs=3, batch_size=20, shuffle=False, verbose=0).history
