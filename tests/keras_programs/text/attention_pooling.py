"""Texts with masks: embeddings of tokens and positions, and pooling by attention as a layer of its own."""

import keras
import numpy as np
from keras import layers, ops


class TokenAndPosition(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim, **kwargs):
        super().__init__(**kwargs)
        self.token_emb = layers.Embedding(vocab_size, embed_dim, mask_zero=True)
        self.pos_emb = layers.Embedding(maxlen, embed_dim)

    def call(self, x):
        positions = ops.arange(0, ops.shape(x)[-1])
        return self.token_emb(x) + self.pos_emb(positions)

    def compute_mask(self, inputs, mask=None):
        return self.token_emb.compute_mask(inputs)


class AttentionPooling(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], self.units), initializer="glorot_uniform")
        self.v = self.add_weight(name="v", shape=(self.units, 1), initializer="glorot_uniform")
        super().build(input_shape)

    def call(self, inputs, mask=None):
        score = ops.squeeze(ops.matmul(ops.tanh(ops.matmul(inputs, self.w)), self.v), -1)
        if mask is not None:
            score = score + (1.0 - ops.cast(mask, score.dtype)) * -1e9
        weights = ops.softmax(score, axis=-1)
        return ops.einsum("bt,btd->bd", weights, inputs)

    def compute_mask(self, inputs, mask=None):
        return None

    def get_config(self):
        return {**super().get_config(), "units": self.units}


rng = np.random.default_rng(8)
tokens = keras.utils.pad_sequences([rng.integers(1, 20, n).tolist() for n in rng.integers(2, 8, 20)], maxlen=8, padding="post")
labels = rng.integers(0, 2, 20)
inputs = keras.Input((8,), dtype="int32")
x = TokenAndPosition(8, 20, 6)(inputs)
x = layers.LayerNormalization(epsilon=1e-6)(x)
x = AttentionPooling(4)(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(keras.optimizers.AdamW(1e-2, weight_decay=1e-3), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(tokens, labels, epochs=3, batch_size=10, shuffle=False, verbose=0)
probabilities = model.predict(tokens, verbose=0)
