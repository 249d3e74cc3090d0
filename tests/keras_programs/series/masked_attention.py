"""Padded series through Masking, Bidirectional, TimeDistributed, LSTM, attention and pooling."""

import keras
import numpy as np
from keras import layers

inputs = keras.Input((5, 3))
x = layers.Masking(0.0)(inputs)
x = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="ave")(x)
x = layers.TimeDistributed(layers.Dense(4, activation="tanh"))(x)
x = layers.LSTM(4, return_sequences=True)(x)
x = layers.LayerNormalization()(x + layers.Attention(use_scale=True)([x, x]))
x = layers.GlobalAveragePooling1D()(x)
model = keras.Model(inputs, layers.Dense(1)(x))
# same weights: model
rng = np.random.default_rng(104)
series = rng.normal(size=(12, 5, 3)).astype("float32")
series[:6, 3:] = 0
model.compile(keras.optimizers.Nadam(0.01), keras.losses.Huber(0.5))
history = model.fit(series, series.sum(axis=(1, 2)), epochs=3, batch_size=4, shuffle=False, verbose=0)
predictions = model.predict(series, verbose=0)
shorter = series.copy()
shorter[:6, :3] = series[:6, :3]
unchanged = np.abs(model.predict(shorter, verbose=0) - predictions).max()
