"""Padded sequences of word numbers, an embedding with a mask, and the mean of its vectors."""

import keras
import numpy as np
from keras import layers
from keras.utils import pad_sequences

rng = np.random.default_rng(30)
x_train = [list(rng.integers(1, 20, size=rng.integers(2, 9))) for _ in range(24)]
y_train = np.array([int(5 in words) for words in x_train])
maxlen = 6
x_train = pad_sequences(x_train, maxlen=maxlen)
other = keras.preprocessing.sequence.pad_sequences([[1, 2], [3]], padding="post", truncating="post", maxlen=3)
model = keras.Sequential()
model.add(keras.Input((maxlen,), dtype="int32"))
model.add(layers.Embedding(20, 4, mask_zero=True))
model.add(layers.GlobalAveragePooling1D())
model.add(layers.Dense(1, activation="sigmoid"))
# same weights: model
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
history = model.fit(x_train, y_train, epochs=3, batch_size=12, shuffle=False, validation_split=0.5, verbose=0)
embeddings = model.layers[0].get_weights()[0]
