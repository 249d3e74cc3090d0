"""An initial bias for rare positives, LeakyReLU as layers, BatchNormalization and evaluation of a baseline."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(8)
x = rng.normal(size=(60, 5)).astype("float32")
y = (x[:, 0] > 1).astype("float32")
initial_bias = float(np.log([y.sum() / (len(y) - y.sum())])[0])


def make_model(output_bias=None):
    if output_bias is not None:
        output_bias = keras.initializers.Constant(output_bias)
    return keras.Sequential(
        [
            keras.Input(shape=(x.shape[-1],)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dense(4, activation=keras.activations.elu),
            layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
        ]
    )


model = make_model(initial_bias)
# same weights: model
model.compile(optimizer="nadam", loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
baseline = model.evaluate(x, y, batch_size=30, verbose=0)
history = model.fit(x, y, batch_size=20, epochs=3, shuffle=False, verbose=0)
predictions = model.predict(x[:5], verbose=0)
bias = model.layers[-1].get_weights()[1]
