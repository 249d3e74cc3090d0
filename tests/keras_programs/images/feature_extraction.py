"""Features of a base model computed once by `predict`, then a small classifier on them, and class activation by weights."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(17)
images = rng.normal(size=(16, 8, 8, 3)).astype("float32")
labels = rng.integers(0, 3, size=16)
base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2)])
base.trainable = False
classifier = keras.Sequential(
    [keras.Input((3, 3, 4)), layers.Flatten(), layers.Dense(6), layers.Dense(3, activation="softmax")]
)
# same weights: base, classifier
features = base.predict(images, verbose=0)
classifier.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
history = classifier.fit(features, labels, epochs=3, batch_size=8, shuffle=False, verbose=0)
whole = keras.Sequential([base, classifier])
predictions = whole.predict(images, verbose=0)
heatmap = np.maximum(features[0].mean(axis=-1), 0)
heatmap /= heatmap.max()
