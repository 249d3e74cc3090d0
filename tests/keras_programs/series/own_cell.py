"""A minimal recurrent cell as the guide on recurrent layers writes it, in the layer RNN."""

import keras
import numpy as np
from keras import layers, ops


class MinimalRNNCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(self.units, self.units), initializer="uniform", name="recurrent_kernel")

    def call(self, inputs, states):
        prev_output = states[0]
        h = ops.matmul(inputs, self.kernel)
        output = h + ops.matmul(prev_output, self.recurrent_kernel)
        return output, [output]


rng = np.random.default_rng(21)
x = rng.normal(size=(12, 4, 3)).astype("float32")
y = rng.normal(size=(12, 1)).astype("float32")
inputs = keras.Input((4, 3))
outputs = layers.Dense(1)(layers.RNN([MinimalRNNCell(3), MinimalRNNCell(2)])(inputs))
model = keras.Model(inputs, outputs)
# same weights: model
model.compile("sgd", "mse")
history = model.fit(x, y, epochs=3, batch_size=12, verbose=0)
predictions = model.predict(x, verbose=0)
