"""A small language model as recent ones are built: grouped queries, RMS normalization, gated units, tied embeddings."""

import keras
import numpy as np
from keras import layers, ops


class Block(layers.Layer):
    def __init__(self, width, heads, hidden, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.GroupQueryAttention(width // heads, heads, heads // 2)
        self.before_attention, self.before_units = layers.RMSNormalization(), layers.RMSNormalization()
        self.gate, self.up, self.down = layers.Dense(hidden, "silu"), layers.Dense(hidden), layers.Dense(width)

    def build(self, input_shape):
        for layer in (self.before_attention, self.before_units, self.gate, self.up):
            layer.build(input_shape)
        self.attention.build(input_shape, input_shape)
        self.down.build((*input_shape[:-1], self.gate.units))

    def call(self, x):
        normed = self.before_attention(x)
        x = x + self.attention(normed, normed, use_causal_mask=True)
        normed = self.before_units(x)
        return x + self.down(self.gate(normed) * self.up(normed))


class Model(keras.Model):
    def __init__(self, vocabulary, width, **kwargs):
        super().__init__(**kwargs)
        self.embedding = layers.ReversibleEmbedding(vocabulary, width)
        self.blocks = [Block(width, 4, 12, name=f"block_{i}") for i in range(2)]
        self.final = layers.RMSNormalization()

    def call(self, ids):
        x = self.embedding(ids) * ops.sqrt(8.0)
        for block in self.blocks:
            x = block(x)
        return self.embedding(self.final(x), reverse=True)


rng = np.random.default_rng(108)
ids = (np.arange(7) + rng.integers(0, 11, (24, 1))) % 11
model = Model(11, 8)
logits = model(ids[:1, :-1])
# same weights: model
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.AdamW(0.01), loss, metrics=["sparse_categorical_accuracy"])
history = model.fit(ids[:, :-1], ids[:, 1:], epochs=3, batch_size=8, shuffle=False, verbose=0)
text = [3, 4]
for _ in range(3):
    scores = model.predict(np.array([text]), verbose=0)[0, -1]
    text.append(int(scores.argmax()))
del logits  # made before the weights are the same
