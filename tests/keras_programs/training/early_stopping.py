"""EarlyStopping that restores the best weights, a rate that falls on a plateau, CSVLogger and LambdaCallback."""

import csv

import keras
import numpy as np
from keras import layers
from keras.callbacks import CSVLogger, EarlyStopping, LambdaCallback, ReduceLROnPlateau

rng = np.random.default_rng(61)
x, y = rng.normal(size=(30, 4)).astype("float32"), rng.normal(size=(30, 1)).astype("float32")
model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(1)])
# same weights: model
model.compile(keras.optimizers.SGD(0.5), "mse", metrics=["mae"])
epochs = []
callbacks = [
    EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True, min_delta=0.001),
    ReduceLROnPlateau(factor=0.1, patience=1, verbose=1),
    CSVLogger("training.csv"),
    LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch)),
]
history = model.fit(
    x, y, epochs=8, batch_size=15, shuffle=False, validation_data=(x[:10], -y[:10]), callbacks=callbacks, verbose=0
)
stopped = callbacks[0].stopped_epoch
best = callbacks[0].best
rate = float(model.optimizer.learning_rate)
with open("training.csv", newline="") as file:
    rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
