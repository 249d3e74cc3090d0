"""Convolutions with strides, dilation, groups and "same" padding, average pooling, and global pooling."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(11)
images = rng.normal(size=(12, 9, 9, 2)).astype("float32")
labels = rng.integers(0, 2, 12)

inputs = keras.Input(shape=(9, 9, 2))
x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(inputs)
x = layers.Conv2D(4, 3, dilation_rate=2, padding="same", groups=2, activation="relu")(x)
x = layers.AveragePooling2D(2, padding="same")(x)
x = layers.ZeroPadding2D(1)(x)
x = layers.DepthwiseConv2D(3, depth_multiplier=2)(x)
x = layers.GlobalMaxPooling2D()(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs=inputs, outputs=outputs, name="strided")
# same weights: model
model.compile(loss="binary_crossentropy", optimizer="adamw", metrics=["accuracy"])
history = model.fit(images, labels, batch_size=12, epochs=3, verbose=0)
feature_model = keras.Model(model.input, [layer.output for layer in model.layers[1:4]])
activations = feature_model.predict(images[:2], verbose=0)
