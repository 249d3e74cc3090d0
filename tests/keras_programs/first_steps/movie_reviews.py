"""Binary classification of reviews as in a first chapter: multi-hot words, two hidden layers, a validation set by hand."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(0)
sequences = [rng.integers(1, 40, size=rng.integers(5, 20)) for _ in range(60)]
labels = np.array([float(3 in s or 7 in s) for s in sequences], dtype="float32")


def vectorize_sequences(sequences, dimension=40):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        for j in sequence:
            results[i, j] = 1.0
    return results


x_train = vectorize_sequences(sequences)
x_val, partial_x_train = x_train[:20], x_train[20:]
y_val, partial_y_train = labels[:20], labels[20:]

model = keras.Sequential(
    [
        layers.Dense(16, activation="relu"),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.build((None, 40))
# same weights: model
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    partial_x_train, partial_y_train, epochs=3, batch_size=20, shuffle=False, validation_data=(x_val, y_val), verbose=0
)
history_dict = history.history
keys = list(history_dict.keys())
loss_values = history_dict["loss"]
val_loss_values = history_dict["val_loss"]
results = model.evaluate(x_val, y_val, verbose=0)
predictions = model.predict(x_val, verbose=0)
