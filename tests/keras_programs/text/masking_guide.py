"""Masking as its guide shows it: Masking, masks computed by hand, and a layer that adds a mask of its own."""

import keras
import numpy as np
from keras import layers, ops

raw_inputs = [[711, 632, 71], [73, 8, 3215, 55, 927], [83, 91, 1, 645, 1253, 927]]
padded_inputs = keras.utils.pad_sequences(raw_inputs, padding="post")
embedding = layers.Embedding(input_dim=5000, output_dim=4, mask_zero=True)
mask = np.array(embedding.compute_mask(padded_inputs))
unmasked = np.ones((3, 6, 2), "float32") * mask[:, :, None]
second = np.array(layers.Masking().compute_mask(unmasked))


class MyActivation(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return ops.relu(inputs)


class TemporalSoftmax(layers.Layer):
    def call(self, inputs, mask=None):
        broadcast_float_mask = ops.expand_dims(ops.cast(mask, "float32"), -1)
        inputs_exp = ops.exp(inputs) * broadcast_float_mask
        inputs_sum = ops.sum(inputs_exp * broadcast_float_mask, axis=1, keepdims=True)
        return inputs_exp / inputs_sum


inputs = keras.Input(shape=(None,), dtype="int32")
x = layers.Embedding(input_dim=10, output_dim=6, mask_zero=True)(inputs)
x = MyActivation()(x)
x = layers.Dense(1)(x)
outputs = TemporalSoftmax()(x)
model = keras.Model(inputs, outputs)
# same weights: model
y = ops.convert_to_numpy(model(np.array([[1, 2, 0, 0], [3, 4, 5, 0]])))
