"""Checkpoints by name of epoch and by best result, and training continued from the last of them."""

import os

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(63)
x, y = rng.normal(size=(20, 4)).astype("float32"), rng.normal(size=(20, 1)).astype("float32")
os.makedirs("ckpt", exist_ok=True)


def make_model():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


model = make_model()
# same weights: model
callbacks = [
    keras.callbacks.ModelCheckpoint("ckpt/weights.{epoch:02d}.weights.h5", save_weights_only=True),
    keras.callbacks.ModelCheckpoint("ckpt/best.keras", monitor="loss", save_best_only=True),
    keras.callbacks.BackupAndRestore("backup"),
    keras.callbacks.TerminateOnNaN(),
]
history = model.fit(x, y, epochs=3, batch_size=10, shuffle=False, verbose=0, callbacks=callbacks)
files = sorted(os.listdir("ckpt"))
again = make_model()
again.load_weights("ckpt/weights.03.weights.h5")
restored = keras.models.load_model("ckpt/best.keras")
resumed = restored.fit(x, y, epochs=4, initial_epoch=3, batch_size=10, shuffle=False, verbose=0)
same = bool(np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0)))
