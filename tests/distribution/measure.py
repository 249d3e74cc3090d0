"""Times a training step by the number of ranks: `mpiexec -n 2 python -m tests.distribution.measure`, with 1, 2, ... ranks.

Prints for each network the median time of a step, the share of it spent waiting for other ranks, and the bytes of the operands
of its sums: an Allreduce sends 2 (n - 1) / n times as many from each rank. Ranks on several machines are measured twice: with
gradients that are sent after the backward pass, and during it.
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
        batch, apart = (x[part], y[part]), ranks.several_machines
        measured = {early: Step(ranks) for early in ((False, True) if apart else (False,))}
        for _ in range(STEPS):  # in turn, so that other programs disturb both alike
            for ranks.several_machines, step in measured.items():
                step.measure(model, batch)
        ranks.several_machines = apart
        for early, step in measured.items():
            if ranks.rank == 0:
                print(f"{ranks.size} ranks, {name}: {step}{', sent during the backward pass' * early}", flush=True)


class Step:
    """Times, time spent waiting, and bytes of several steps."""

    def __init__(self, ranks):
        self.ranks, self.times, self.waited, self.sent = ranks, [], 0.0, 0

    def measure(self, model, batch):
        waited, sent, start = self.ranks.seconds, self.ranks.sent, time.perf_counter()
        model.train_step(batch)
        self.times.append(time.perf_counter() - start)
        self.waited += self.ranks.seconds - waited
        self.sent += self.ranks.sent - sent

    def __str__(self):
        share = self.waited / sum(self.times)
        return f"{1e3 * np.median(self.times):.1f} ms, {share:.0%} waiting, {self.sent / len(self.times):,.0f} bytes"


if __name__ == "__main__":
    main()
