"""A mixture of experts: a gate chooses two of four dense layers kept in one weight; a load-balancing loss is added."""

import keras
import numpy as np
from keras import layers, ops


class Experts(layers.Layer):
    def __init__(self, count, units, chosen=2, **kwargs):
        super().__init__(**kwargs)
        self.count, self.units, self.chosen = count, units, chosen
        self.gate = layers.Dense(count, name="gate")

    def build(self, input_shape):
        self.gate.build(input_shape)
        self.kernel = self.add_weight(
            shape=(self.count, input_shape[-1], self.units), initializer="glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight(shape=(self.count, self.units), initializer="zeros", name="bias")

    def call(self, x):
        probabilities = ops.softmax(self.gate(x))
        best, indices = ops.top_k(probabilities, self.chosen)
        kept = ops.sum(ops.one_hot(indices, self.count) * best[..., None], axis=-2)
        kept = kept / ops.sum(kept, axis=-1, keepdims=True)
        self.add_loss(0.1 * ops.var(ops.mean(probabilities, axis=0)))
        each = ops.einsum("bf,efu->beu", x, self.kernel) + self.bias
        return ops.einsum("beu,be->bu", ops.relu(each), kept)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)


inputs = keras.Input((6,))
x = Experts(4, 5, name="experts")(inputs)
model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
# same weights: model
rng = np.random.default_rng(107)
rows, labels = rng.normal(size=(24, 6)).astype("float32"), rng.integers(0, 2, 24)
model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(rows, labels, epochs=3, batch_size=8, shuffle=False, verbose=0)
shapes = [tuple(weight.shape) for weight in model.weights]
predictions = model.predict(rows, verbose=0)
