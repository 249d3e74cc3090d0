"""get_file from a local address with a hash, and plot_model, which need files or programs of their own."""

import hashlib
import os
import pathlib

import keras
from keras import layers

pathlib.Path("source.txt").write_text("some data\n")
digest = hashlib.sha256(b"some data\n").hexdigest()
path = keras.utils.get_file(
    "copy.txt", origin=pathlib.Path("source.txt").absolute().as_uri(), file_hash=digest, cache_dir=".", cache_subdir="datasets"
)
assert pathlib.Path(path).read_text() == "some data\n"
model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation="relu"), layers.Dense(1)])
keras.utils.plot_model(model, "model.png", show_shapes=True, show_layer_names=True)
assert os.path.getsize("model.png") > 1000
