"""A training that fails on one rank, in the way that the argument names."""

import os
import signal
import sys

import numpy as np

import minidl
from minidl import callbacks, layers
from minidl.distribution import DataParallel, distribution, set_distribution


class Fail(callbacks.Callback):
    """Fails in the second epoch of rank 1."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1 and distribution().rank == 1:
            if sys.argv[1] == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if sys.argv[1] == "leave":
                sys.exit(0)
            if sys.argv[1] == "raise":
                raise ZeroDivisionError("the reason on rank 1")
            if sys.argv[1] == "save":
                self.model.save(os.devnull + ".safetensors")
            if sys.argv[1] == "nan":
                self.model.layers[0].kernel.value[...] = np.nan


def main():
    set_distribution(DataParallel())
    model = minidl.Sequential([minidl.Input((4,)), layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(np.ones((30, 4)), np.ones(30, int), epochs=500, verbose=0, callbacks=[Fail()])


if __name__ == "__main__":
    main()
