"""Inputs and outputs by name, a loss, weight and metrics for each output, validation data, and the file of it all."""

import keras
import numpy as np
from keras import layers

words, prices = keras.Input((3,), name="words"), keras.Input((2,), name="prices")
joined = layers.Concatenate()([layers.Dense(4, "relu")(words), layers.Dense(4, "relu")(prices)])
outputs = {"amount": layers.Dense(1, name="amount")(joined), "kind": layers.Dense(3, "softmax", name="kind")(joined)}
model = keras.Model(inputs={"words": words, "prices": prices}, outputs=outputs)
# same weights: model
model.compile(
    "adam",
    loss={"amount": "mse", "kind": "sparse_categorical_crossentropy"},
    loss_weights={"amount": 0.5, "kind": 2.0},
    metrics={"amount": ["mae"], "kind": ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top2")]},
)
rng = np.random.default_rng(103)
x = {"words": rng.normal(size=(20, 3)), "prices": rng.normal(size=(20, 2))}
y = {"amount": rng.normal(size=(20, 1)), "kind": rng.integers(0, 3, 20)}
weights = {"amount": rng.uniform(size=20), "kind": rng.uniform(size=20)}
history = model.fit(x, y, sample_weight=weights, validation_data=(x, y), epochs=3, batch_size=8, shuffle=False, verbose=0)
logs = {key: history.history[key] for key in sorted(history.history)}
del history  # Keras on JAX sorts the keys of dicts
model.save("names.keras")
restored = keras.models.load_model("names.keras")
scores = dict(sorted(restored.evaluate(x, y, verbose=0, return_dict=True).items()))
predictions = dict(sorted(restored.predict(x, verbose=0).items()))
one_batch = dict(sorted(restored.train_on_batch(x, y, return_dict=True).items()))
