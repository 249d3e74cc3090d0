"""Stacked GRUs with recurrent dropout off, a bidirectional LSTM, and states returned."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(20)
x = rng.normal(size=(20, 5, 3)).astype("float32")
y = x[:, :, 0].sum(axis=1, keepdims=True)
inputs = keras.Input(shape=(5, 3))
h = layers.GRU(4, return_sequences=True)(inputs)
h = layers.Bidirectional(layers.LSTM(3))(h)
outputs = layers.Dense(1)(h)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile("adam", "mse")
history = model.fit(x, y, epochs=3, batch_size=20, verbose=0)

lstm = layers.LSTM(2, return_sequences=True, return_state=True)
whole_seq_output, final_memory_state, final_carry_state = lstm(keras.Input((5, 3)))
shapes = [whole_seq_output.shape, final_memory_state.shape, final_carry_state.shape]
