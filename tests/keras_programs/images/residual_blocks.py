"""A small residual network with separable convolutions and batch normalization, as in a chapter on modern convnets."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(12)
images = rng.uniform(0, 255, size=(12, 8, 8, 3)).astype("float32")
labels = rng.integers(0, 2, size=12)


def residual_block(x, filters, pooling=False):
    residual = x
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    if pooling:
        x = layers.MaxPooling2D(2, padding="same")(x)
        residual = layers.Conv2D(filters, 1, strides=2)(residual)
    elif filters != residual.shape[-1]:
        residual = layers.Conv2D(filters, 1)(residual)
    return layers.add([x, residual])


inputs = keras.Input(shape=(8, 8, 3))
x = layers.Rescaling(1.0 / 255)(inputs)
x = residual_block(x, filters=4, pooling=True)
x = residual_block(x, filters=6)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
history = model.fit(images, labels, epochs=3, batch_size=12, verbose=0)
probabilities = model.predict(images, verbose=0)
