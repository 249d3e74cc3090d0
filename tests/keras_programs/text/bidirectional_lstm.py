"""The IMDB example with a bidirectional LSTM on sequences of any length."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(31)
max_features, maxlen = 30, 7
x_train = [rng.integers(1, max_features, size=rng.integers(3, 10)).tolist() for _ in range(20)]
y_train = rng.integers(0, 2, 20)
inputs = keras.Input(shape=(None,), dtype="int32")
x = layers.Embedding(max_features, 6)(inputs)
x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
x = layers.Bidirectional(layers.LSTM(3), merge_mode="sum")(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, outputs)
# same weights: model
model.summary()
x_train = keras.utils.pad_sequences(x_train, maxlen=maxlen)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=20, epochs=3, verbose=0)
