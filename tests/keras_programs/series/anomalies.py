"""Reconstruction of series by a convolutional autoencoder, and a threshold that finds an anomaly."""

import keras
import numpy as np
from keras import layers

t = np.arange(8 * 30)
series = np.sin(t / 5)
x_train = np.stack([series[i : i + 8] for i in range(0, 200, 5)])[:, :, None].astype("float32")
model = keras.Sequential(
    [
        layers.Input(shape=(x_train.shape[1], x_train.shape[2])),
        layers.Conv1D(filters=4, kernel_size=3, padding="same", strides=2, activation="relu"),
        layers.Conv1D(filters=2, kernel_size=3, padding="same", strides=2, activation="relu"),
        layers.Conv1DTranspose(filters=2, kernel_size=3, padding="same", strides=2, activation="relu"),
        layers.Conv1DTranspose(filters=4, kernel_size=3, padding="same", strides=2, activation="relu"),
        layers.Conv1DTranspose(filters=1, kernel_size=3, padding="same"),
    ]
)
# same weights: model
model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="mse")
history = model.fit(
    x_train,
    x_train,
    epochs=3,
    batch_size=20,
    shuffle=False,
    validation_split=0.1,
    verbose=0,
    callbacks=[keras.callbacks.EarlyStopping(monitor="val_loss", patience=5, mode="min")],
)
errors = np.mean(np.abs(model.predict(x_train, verbose=0) - x_train), axis=1)
threshold = np.max(errors)
broken = x_train[:1] + 5
found = bool(np.mean(np.abs(model.predict(broken, verbose=0) - broken)) > threshold)
