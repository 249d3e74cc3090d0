"""Loops by hand: train_on_batch, test_on_batch, predict_on_batch, reset_metrics, and weights taken and set."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(69)
x, y = rng.normal(size=(24, 4)).astype("float32"), rng.integers(0, 2, 24)
model = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(1, activation="sigmoid")])
# same weights: model
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
logs = []
for epoch in range(2):
    model.reset_metrics()
    for start in range(0, 24, 12):
        batch_logs = model.train_on_batch(x[start : start + 12], y[start : start + 12])
        logs.append(batch_logs)
    print(epoch, logs[-1])
named = model.train_on_batch(x[:12], y[:12], sample_weight=np.linspace(0, 1, 12), return_dict=True)
model.reset_metrics()
tested = model.test_on_batch(x[:12], y[:12])
predicted = model.predict_on_batch(x[:3])
called = keras.ops.convert_to_numpy(keras.ops.stop_gradient(model(x[:3], training=False)))
names = model.metrics_names
