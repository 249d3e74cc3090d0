"""Times a training step by the number of ranks: `mpiexec -n 2 python -m tests.distribution.measure`, with 1, 2, ... ranks.

Prints for each network the median time of a step, the share of it spent waiting for other ranks, and the bytes of the operands
of its sums: an Allreduce sends 2 (n - 1) / n times as many from each rank.
"""

import time

import numpy as np

from minidl import Input, Sequential, layers
from minidl.distribution import DataParallel, distribution, set_distribution
from minidl.utils import set_random_seed

BATCH, STEPS, WARM_UP = 256, 20, 3


def networks():
    """Name, network and shape of a row."""
    flat, image, rows = (784,), (28, 28, 1), (28, 28)
    mlp = [layers.Dense(512, "relu"), layers.Dense(512, "relu"), layers.Dense(10, "softmax")]
    convolutions = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(64, 3, activation="relu")]
    convnet = [*convolutions, layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10, "softmax")]
    lstm = [layers.LSTM(128), layers.Dense(10, "softmax")]
    for name, shape, net in ("MLP", flat, mlp), ("convnet", image, convnet), ("LSTM", rows, lstm):
        yield name, Sequential([Input(shape), *net]), shape


def main():
    set_distribution(DataParallel())
    set_random_seed(0)
    random, ranks = np.random.default_rng(0), distribution()._communicator
    for name, model, shape in networks():
        x, y = random.normal(size=(BATCH, *shape)).astype("float32"), random.integers(0, 10, BATCH)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, y, BATCH, epochs=WARM_UP, verbose=0)
        part = slice(BATCH * ranks.rank // ranks.size, BATCH * (ranks.rank + 1) // ranks.size)
        x, y, times, waited, sent = x[part], y[part], [], ranks.seconds, ranks.sent
        for _ in range(STEPS):
            start = time.perf_counter()
            model.train_step((x, y))
            times.append(time.perf_counter() - start)
        if ranks.rank == 0:
            share, size = (ranks.seconds - waited) / sum(times), (ranks.sent - sent) / STEPS
            print(f"{ranks.size} ranks, {name}: {1e3 * np.median(times):.1f} ms, {share:.0%} waiting, {size:,.0f} bytes")


if __name__ == "__main__":
    main()
