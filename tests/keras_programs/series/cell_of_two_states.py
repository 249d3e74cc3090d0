"""A custom cell with two states in both directions, with masks, states returned, and cells stacked."""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable()
class CoupledCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3 * self.units), name="kernel")
        self.recurrent = self.add_weight(shape=(self.units, 3 * self.units), name="recurrent", initializer="orthogonal")
        self.bias = self.add_weight(shape=(3 * self.units,), name="bias", initializer="zeros")
        self.built = True

    def call(self, inputs, states, training=False):
        h, c = states
        z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent) + self.bias
        f, g, o = ops.split(z, 3, axis=-1)
        f = keras.activations.hard_sigmoid(f)
        c = f * c + (1 - f) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units)), ops.ones((batch_size, self.units))]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


rng = np.random.default_rng(10)
x = rng.normal(size=(10, 6, 3)).astype("float32")
x[3:, 4:] = 0.0
y = rng.normal(size=(10, 2)).astype("float32")
inputs = keras.Input((6, 3))
masked = layers.Masking()(inputs)
seq = layers.RNN(CoupledCell(4), return_sequences=True, name="first")(masked)
both = layers.Bidirectional(layers.RNN(CoupledCell(3)), name="second")(seq)
whole, h, c = layers.RNN(CoupledCell(2), return_state=True, name="third")(seq)
outputs = layers.Dense(2)(layers.concatenate([both, h, c]))
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(keras.optimizers.Adamax(0.01, clipnorm=1.0), keras.losses.LogCosh())
history = model.fit(x, y, batch_size=5, epochs=3, shuffle=False, verbose=0)
predictions = model.predict(x, verbose=0)
paths = [v.path.split("/")[-1] for v in model.weights]
stateful = layers.RNN([layers.GRUCell(3), CoupledCell(2)], stateful=False, return_sequences=True)
shape = stateful(x).shape
