"""Losses added by layers, one of which takes the targets as an input, and compile without a loss."""

import keras
import numpy as np
from keras import layers, ops


class LogisticEndpoint(layers.Layer):
    def __init__(self, name=None):
        super().__init__(name=name)
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    def call(self, logits, targets=None, sample_weight=None):
        if targets is not None:
            loss = self.loss_fn(targets, logits, sample_weight)
            self.add_loss(loss)
        return ops.softmax(logits)


class Sparsity(layers.Layer):
    def __init__(self, rate=1e-2):
        super().__init__()
        self.rate = rate

    def call(self, inputs):
        self.add_loss(self.rate * ops.mean(ops.abs(inputs)))
        return inputs


rng = np.random.default_rng(11)
x, t = rng.normal(size=(18, 3)).astype("float32"), rng.integers(0, 2, (18, 5)).astype("float32")
inputs = keras.Input((3,), name="inputs")
targets = keras.Input((5,), name="targets")
hidden = Sparsity()(layers.Dense(4, activation="relu")(inputs))
logits = layers.Dense(5)(hidden)
predictions = LogisticEndpoint(name="predictions")(logits, targets)
model = keras.Model(inputs=[inputs, targets], outputs=predictions)
# same weights: model
model.compile(optimizer="adam")
history = model.fit({"inputs": x, "targets": t}, epochs=3, batch_size=6, shuffle=False, verbose=0)
auto = keras.Sequential(
    [
        keras.Input((3,)),
        layers.Dense(2, activity_regularizer=keras.regularizers.L1L2(0.01, 0.02)),
        Sparsity(0.5),
        layers.Dense(3),
    ]
)
# same weights: auto
auto.compile("sgd", "mse")
history2 = auto.fit(x, x, epochs=2, batch_size=6, shuffle=False, verbose=0)
evaluated = auto.evaluate(x, x, verbose=0)
