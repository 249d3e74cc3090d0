"""Layers in lists and dicts of a layer, frozen weights, penalties of weights, and names, counts and configs of them."""

import keras
import numpy as np
from keras import layers, ops


class Linear(layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", regularizer="l2", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=False, name="b")

    def call(self, x):
        return ops.matmul(x, self.w) + self.b

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Stack(layers.Layer):
    def __init__(self, widths, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [Linear(width) for width in widths]
        self.heads = {"mean": Linear(1), "spread": Linear(1)}

    def call(self, x):
        for layer in self.hidden:
            x = ops.tanh(layer(x))
        return self.heads["mean"](x) + ops.softplus(self.heads["spread"](x))


stack = Stack([4, 2])
first = stack(np.ones((2, 3), "float32"))
names = [weight.name for weight in stack.weights]
counts = [len(stack.weights), len(stack.trainable_weights), len(stack.non_trainable_weights), stack.count_params()]
penalties = [float(loss) for loss in stack.losses]
model = keras.Sequential([keras.Input((3,)), stack])
model.compile(keras.optimizers.Adagrad(0.1), "mse")
x = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")
history = model.fit(x, x.sum(axis=1, keepdims=True), epochs=3, batch_size=4, shuffle=False, verbose=0)
stack.hidden[0].trainable = False
frozen = len(model.trainable_weights)
model.compile(keras.optimizers.Adagrad(0.1), "mse")
continued = model.fit(x, x.sum(axis=1, keepdims=True), epochs=2, batch_size=4, shuffle=False, verbose=0)
copy = Linear.from_config(Linear(5, name="copy").get_config())
described = [copy.units, copy.name, copy.trainable]
