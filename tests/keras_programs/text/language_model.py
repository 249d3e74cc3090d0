"""A small language model with causal attention, tied nowhere, and greedy generation."""

import keras
import numpy as np
from keras import layers

text = "the cat sat on the mat and the dog sat on the log "
chars = sorted(set(text))
char_indices = {c: i for i, c in enumerate(chars)}
encoded = np.array([char_indices[c] for c in text])
length = 8
x = np.stack([encoded[i : i + length] for i in range(len(encoded) - length)])
y = np.stack([encoded[i + 1 : i + length + 1] for i in range(len(encoded) - length)])

inputs = keras.Input((length,), dtype="int32")
h = layers.Embedding(len(chars), 8)(inputs)
h = layers.Add()([h, layers.MultiHeadAttention(2, 4)(h, h, use_causal_mask=True)])
h = layers.LayerNormalization()(h)
outputs = layers.TimeDistributed(layers.Dense(len(chars), activation="softmax"))(h)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
history = model.fit(x, y, batch_size=len(x), epochs=3, verbose=0)


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype("float64")
    preds = np.log(preds) / temperature
    exp_preds = np.exp(preds)
    return np.argmax(exp_preds / np.sum(exp_preds))


window = list(encoded[:length])
for _ in range(3):
    preds = model.predict(np.array([window[-length:]]), verbose=0)[0, -1]
    window.append(sample(preds, 0.5))
generated = len("".join(chars[i] for i in window))
