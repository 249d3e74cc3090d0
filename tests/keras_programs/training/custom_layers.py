"""Layers of one's own: weights in build, config, nested layers, losses and a state, as in the guide on new layers."""

import keras
import numpy as np
from keras import ops


class Linear(keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True, name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


class ComputeSum(keras.layers.Layer):
    def __init__(self, input_dim):
        super().__init__()
        self.total = self.add_weight(initializer="zeros", shape=(input_dim,), trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return self.total


class MLPBlock(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.linear_1 = Linear(6)
        self.linear_2 = Linear(1)

    def call(self, inputs, training=False):
        x = self.linear_1(inputs)
        x = keras.activations.relu(x)
        if training:
            self.add_loss(1e-2 * ops.sum(ops.square(x)))
        return self.linear_2(x)


my_sum = ComputeSum(2)
total = ops.convert_to_numpy(my_sum(np.ones((2, 2), "float32")))
total = ops.convert_to_numpy(my_sum(np.ones((2, 2), "float32")))
counts = [len(my_sum.weights), len(my_sum.trainable_weights)]
mlp = MLPBlock()
before = len(mlp.weights)
y = mlp(np.ones((3, 5), "float32"))
numbers = [len(mlp.weights), len(mlp.trainable_weights)]
copy = Linear.from_config(Linear(units=64).get_config())
units = copy.get_config()["units"]

rng = np.random.default_rng(66)
x = rng.normal(size=(16, 5)).astype("float32")
inputs = keras.Input((5,))
model = keras.Model(inputs, MLPBlock()(inputs))
# same weights: model
model.compile("adam", "mse")
history = model.fit(x, x[:, 0], epochs=3, batch_size=8, shuffle=False, verbose=0)
# random: y
