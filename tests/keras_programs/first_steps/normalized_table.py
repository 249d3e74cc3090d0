"""A table with a Normalization layer adapted to it, class weights and AUC: an imbalanced problem."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(7)
train_features = rng.normal(loc=[10, -5, 0.1], scale=[3, 2, 0.01], size=(60, 3)).astype("float32")
train_targets = (train_features[:, 0] > 13).astype("uint8")[:, None]
counts = np.bincount(train_targets[:, 0])
weight_for_0 = 1.0 / counts[0]
weight_for_1 = 1.0 / counts[1]

normalizer = layers.Normalization(axis=-1)
normalizer.adapt(train_features)
model = keras.Sequential(
    [keras.Input(shape=(3,)), normalizer, layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")]
)
# same weights: model
metrics = [
    keras.metrics.FalseNegatives(name="fn"),
    keras.metrics.FalsePositives(name="fp"),
    keras.metrics.TrueNegatives(name="tn"),
    keras.metrics.TruePositives(name="tp"),
    keras.metrics.Precision(name="precision"),
    keras.metrics.Recall(name="recall"),
    keras.metrics.AUC(name="auc"),
]
model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy", metrics=metrics)
history = model.fit(
    train_features,
    train_targets,
    batch_size=30,
    epochs=3,
    shuffle=False,
    verbose=2,
    validation_data=(train_features[:20], train_targets[:20]),
    class_weight={0: weight_for_0, 1: weight_for_1},
)
normalized = normalizer(train_features[:4])
