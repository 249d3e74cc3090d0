"""Preprocessing layers in a model: CategoryEncoding, Discretization, Rescaling, Resizing, CenterCrop."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(90)
ages = rng.uniform(18, 80, size=(16, 1)).astype("float32")
codes = rng.integers(0, 4, size=(16, 1))
target = (ages[:, 0] > 40).astype("float32")
age_input = keras.Input((1,), name="age")
code_input = keras.Input((1,), dtype="int32", name="code")
age_bins = layers.Discretization(bin_boundaries=[30.0, 45.0, 60.0], output_mode="one_hot")(age_input)
codes_encoded = layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")(code_input)
x = layers.Concatenate()([age_bins, codes_encoded])
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model({"age": age_input, "code": code_input}, outputs)
# same weights: model
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
history = model.fit({"age": ages, "code": codes}, target, epochs=3, batch_size=8, shuffle=False, verbose=0)
multi_hot = np.array(layers.CategoryEncoding(num_tokens=4, output_mode="multi_hot")(np.array([[0, 1], [1, 3]])))
image = rng.uniform(0, 255, size=(1, 6, 6, 1)).astype("float32")
resized = np.array(layers.Resizing(3, 3)(image))
cropped = np.array(layers.CenterCrop(2, 4)(image))
scaled = np.array(layers.Rescaling(1 / 255.0)(image))
