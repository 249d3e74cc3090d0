"""A list of outputs with a list of losses, sample weights, and evaluation as list and dict."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(41)
x = rng.normal(size=(24, 6)).astype("float32")
age = rng.uniform(20, 60, size=24) / 60
income = rng.integers(0, 3, size=24)
gender = rng.integers(0, 2, size=24)
inputs = keras.Input((6,), name="posts")
shared = layers.Dense(8, activation="relu")(inputs)
age_prediction = layers.Dense(1, name="age")(shared)
income_prediction = layers.Dense(3, activation="softmax", name="income")(shared)
gender_prediction = layers.Dense(1, activation="sigmoid", name="gender")(shared)
model = keras.Model(inputs, [age_prediction, income_prediction, gender_prediction])
# same weights: model
model.compile(
    optimizer="rmsprop",
    loss=["mse", "sparse_categorical_crossentropy", "binary_crossentropy"],
    loss_weights=[0.25, 1.0, 10.0],
    metrics=[["mae"], ["accuracy"], ["accuracy", keras.metrics.AUC(name="auc", num_thresholds=20)]],
)
history = model.fit(x, [age, income, gender], epochs=3, batch_size=12, shuffle=False, verbose=0)
results = model.evaluate(x, [age, income, gender], verbose=0)
named = model.evaluate(x, [age, income, gender], verbose=0, return_dict=True)
predictions = model.predict(x, verbose=0)
