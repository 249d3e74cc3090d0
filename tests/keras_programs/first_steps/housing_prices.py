"""Regression with k-fold validation on a small table, as in a first chapter."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(2)
train_data = rng.uniform(0, 10, size=(40, 5))
train_targets = train_data @ np.array([1.0, -2.0, 0.5, 0.0, 3.0]) + 5

mean = train_data.mean(axis=0)
train_data -= mean
std = train_data.std(axis=0)
train_data /= std


def build_model():
    model = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


k = 2
num_val_samples = len(train_data) // k
all_scores = []
all_mae_histories = []
for i in range(k):
    val_data = train_data[i * num_val_samples : (i + 1) * num_val_samples]
    val_targets = train_targets[i * num_val_samples : (i + 1) * num_val_samples]
    partial_train_data = np.concatenate([train_data[: i * num_val_samples], train_data[(i + 1) * num_val_samples :]], axis=0)
    partial_train_targets = np.concatenate(
        [train_targets[: i * num_val_samples], train_targets[(i + 1) * num_val_samples :]], axis=0
    )
    model = build_model()
    model(partial_train_data[:1])
    # same weights: model
    history = model.fit(
        partial_train_data,
        partial_train_targets,
        validation_data=(val_data, val_targets),
        epochs=3,
        batch_size=20,
        verbose=0,
    )
    all_mae_histories.append(history.history["val_mae"])
    val_mse, val_mae = model.evaluate(val_data, val_targets, verbose=0)
    all_scores.append(val_mae)
average_mae_history = [np.mean([x[i] for x in all_mae_histories]) for i in range(3)]
score = np.mean(all_scores)
# random: average_mae_history
