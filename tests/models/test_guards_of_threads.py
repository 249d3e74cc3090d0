"""BLAS has one thread while built-in layers train, and while convolutions, which use several threads, predict."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from minidl import Sequential
from minidl.callbacks import Callback
from minidl.layers import Conv1D, Dense, Flatten, TimeDistributed


def threads_of_blas():
    """Of the library that NumPy's products use."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


class Watch(Callback):
    """Notes the threads of BLAS during each batch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(threads_of_blas())

    def on_predict_batch_begin(self, batch, logs=None):
        self.seen.append(threads_of_blas())


@pytest.mark.parametrize(
    ("layer", "limited"), [(Conv1D(2, 2), True), (TimeDistributed(Dense(2)), False), (Sequential([Conv1D(2, 2)]), True)]
)
def test_training_limits_the_threads_of_blas_and_prediction_only_with_convolutions(layer, limited):
    before, watch = threads_of_blas(), Watch()
    model = Sequential([layer, Flatten(), Dense(1)])
    model.fit(np.ones((4, 3, 2)), np.ones((4, 1)), verbose=0, callbacks=[watch])
    model.predict(np.ones((4, 3, 2)), callbacks=[watch])
    one = [1] * len(before)
    assert watch.seen == [one, one if limited else before]
    assert threads_of_blas() == before
