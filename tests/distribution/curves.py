"""Trains small networks and writes their loss curves; run by one process, and under `mpiexec` by several."""

import json
import sys

import numpy as np

import minidl
from minidl import layers
from minidl.distribution import DataParallel, distribution, set_distribution

ROWS, BATCH = 70, 16  # the last batch of an epoch has 6 rows


def mlp():
    return minidl.Sequential([minidl.Input((5,)), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])


MODELS = {"mlp": mlp}


def train(name):
    """Loss curves, metrics and predictions of one network."""
    random = np.random.default_rng(3)
    x = random.normal(size=(ROWS, 5)).astype("float32")
    y = random.integers(0, 3, ROWS)
    minidl.utils.set_random_seed(1)
    model = MODELS[name]()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, BATCH, epochs=3, validation_split=0.2, verbose=0)
    found = {key: list(map(float, values)) for key, values in history.history.items()}
    found["evaluate"] = [float(v) for v in model.evaluate(x, y, 20, verbose=0)]
    found["predict"] = model.predict(x[:9], verbose=0).ravel().tolist()
    found["one row"] = model.predict(x[:1], verbose=0).ravel().tolist()
    found["on batch"] = [float(v) for v in model.train_on_batch(x[:7], y[:7])]
    return found


if __name__ == "__main__":
    path, *names = sys.argv[1:]
    set_distribution(DataParallel())
    found = {name: train(name) for name in names or MODELS}
    with open(f"{path}.{distribution().rank}", "w") as file:
        json.dump(found, file)
