"""The same network small, with an L2 penalty, and with dropout, as in a chapter on overfitting."""

import numpy as np
from keras import Sequential, layers, regularizers

rng = np.random.default_rng(3)
train_data = rng.integers(0, 2, size=(48, 10)).astype("float32")
train_labels = (train_data[:, 0] != train_data[:, 1]).astype("float32")
histories = {}

smaller = Sequential([layers.Dense(4, activation="relu"), layers.Dense(1, activation="sigmoid")])
l2 = Sequential(
    [
        layers.Dense(8, kernel_regularizer=regularizers.l2(0.002), activation="relu"),
        layers.Dense(8, kernel_regularizer=regularizers.L1L2(l1=0.001, l2=0.001), activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
dropout = Sequential([layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(1, activation="sigmoid")])
for name, model in {"smaller": smaller, "l2": l2, "dropout": dropout}.items():
    model.build((None, 10))
    # same weights: model
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    histories[name] = model.fit(
        train_data, train_labels, epochs=3, batch_size=24, shuffle=False, validation_split=0.5, verbose=0
    ).history
penalties = len(l2.losses)
penalty = float(sum(l2.losses))
history_dropout = histories.pop("dropout")
# random: history_dropout, dropout, model
