"""Random flips, rotations and zooms before a convnet: layers that change images in training alone."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(13)
images = rng.uniform(0, 255, size=(8, 8, 8, 3)).astype("float32")
labels = rng.integers(0, 2, size=8)
data_augmentation = keras.Sequential(
    [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.2)], name="augmentation"
)
augmented_images = np.array(data_augmentation(images, training=True))
untouched = np.array(data_augmentation(images, training=False))

inputs = keras.Input(shape=(8, 8, 3))
x = data_augmentation(inputs)
x = layers.Rescaling(1 / 127.5, offset=-1)(x)
x = layers.Conv2D(3, 3, activation="relu")(x)
x = layers.Flatten()(x)
x = layers.Dropout(0.5)(x)
outputs = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, outputs)
# same weights: model
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
before = model.evaluate(images, labels, verbose=0)
history = model.fit(images, labels, epochs=2, verbose=0)
# random: augmented_images, history, model
