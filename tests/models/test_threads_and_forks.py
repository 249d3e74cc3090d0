"""Models in threads and in forked and spawned processes: built once, never blocked, histories apart."""

import gc
import multiprocessing
import os
import sys
import threading
import time
import types
import weakref

import numpy as np
import pytest

from minidl import Input, Model, Sequential, callbacks, layers
from minidl.config.locks import ProcessLock

X = np.linspace(-1, 1, 64, dtype="float32").reshape(16, 4)
Y = X[:, :1]


@pytest.fixture
def frequent_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class OwnLayer(layers.Layer):
    """A layer whose call makes others, and whose build takes a while."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3)

    def build(self, input_shape):
        self.scale = self.add_weight((input_shape[-1],), "ones")

    def call(self, x):
        return self.dense(x * self.scale)


class OwnModel(Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4, "relu"), OwnLayer()

    def call(self, x):
        return self.second(self.first(x))


MODELS = {
    "sequential": lambda: Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dense(3)]),
    "nested": lambda: Sequential([Sequential([layers.Dense(4), OwnLayer()]), layers.Dense(3)]),
    "recurrent": lambda: Sequential([layers.Reshape((2, 2)), layers.Bidirectional(layers.LSTM(3)), layers.Dense(3)]),
    "subclass": OwnModel,
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_the_first_predictions_in_eight_threads_build_a_model_once(make, frequent_switches):
    for _ in range(4):
        model, found, start = make(), [], threading.Barrier(8)

        def predict(model=model, found=found, start=start):
            start.wait()
            found.append(model.predict(X, verbose=0))

        threads = [threading.Thread(target=predict) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        paths = [weight.path for weight in model.weights]
        assert len(paths) == len(set(paths))
        assert len(found) == 8
        for one in found:
            np.testing.assert_array_equal(one, model.predict(X, verbose=0))


def wait_for(child, seconds=60.0):
    """The exit status of a forked child; kills it if it does not end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "blocked"


def test_a_forked_child_never_waits_for_a_lock_that_another_thread_of_the_parent_held(frequent_switches):
    going = True

    def make_layers():
        while going:
            Sequential([Input((4,)), layers.Dropout(0.5), layers.Dense(2)])

    makers = [threading.Thread(target=make_layers) for _ in range(2)]
    for maker in makers:
        maker.start()
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                Sequential([Input((4,)), layers.Dropout(0.5), layers.Dense(2)])(X)
                os._exit(0)
            assert wait_for(child) == 0
    finally:
        going = False
        for maker in makers:
            maker.join()


def test_no_python_code_runs_between_taking_a_lock_and_being_inside_it():
    """Ctrl-C there would leave the lock locked, and every other thread that makes a layer would wait forever."""
    for method in ("__enter__", "__exit__"):
        assert not isinstance(getattr(type(ProcessLock().held), method), types.FunctionType)
    assert not hasattr(ProcessLock, "__enter__")


def test_a_lock_is_open_in_a_child_also_if_another_thread_holds_it():
    lock, held, leave = ProcessLock(), threading.Event(), threading.Event()

    def hold():
        with lock.held:
            held.set()
            leave.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if child == 0:
        with lock.held:
            os._exit(0)
    status = wait_for(child, 10)
    leave.set()
    holder.join()
    assert status == 0


def compiled():
    model = Sequential([Input((4,)), layers.Dense(4, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def train_more(model):
    before = model.get_weights()[0]
    model.fit(X, Y, epochs=2, verbose=0)
    return float(np.abs(model.get_weights()[0] - before).max())


def test_a_forked_child_of_a_trained_model_trains():
    model = compiled()
    model.fit(X, Y, verbose=0)
    child = os.fork()
    if child == 0:
        os._exit(0 if train_more(model) > 0 else 1)
    assert wait_for(child) == 0
    assert train_more(model) > 0


def test_a_spawned_child_of_a_trained_model_trains():
    model = compiled()
    model.fit(X, Y, verbose=0)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(train_more, (model,)) == train_more(model)


def test_an_evaluation_in_another_thread_does_not_change_the_history_of_a_fit(frequent_switches):
    whole = compiled()
    expected = whole.fit(X, Y, epochs=20, batch_size=4, verbose=0, shuffle=False).history
    model, going = compiled(), True
    model.set_weights(compiled().get_weights())
    from minidl.config.randomness import set_random_seed

    set_random_seed(0)
    model = compiled()

    def judge():
        while going:
            model.evaluate(X * 100, Y, verbose=0)

    judges = [threading.Thread(target=judge) for _ in range(2)]
    for one in judges:
        one.start()
    try:
        found = model.fit(X, Y, epochs=20, batch_size=4, verbose=0, shuffle=False).history
    finally:
        going = False
        for one in judges:
            one.join()
    assert found == expected


def test_a_fit_in_a_callback_of_an_evaluation_does_not_wait():
    class Fits(callbacks.Callback):
        def on_test_end(self, logs=None):
            self.model.fit(X, Y, verbose=0)

    model = compiled()
    model.evaluate(X, Y, verbose=0, callbacks=[Fits()])
    assert model.history.epoch == [0]


@pytest.mark.parametrize(
    "listeners", [[], [callbacks.EarlyStopping("loss", restore_best_weights=True)]], ids=["plain", "early"]
)
def test_a_fitted_model_is_freed_without_the_garbage_collector(listeners):
    gc.collect()
    gc.disable()
    try:
        model = compiled()
        model.fit(X, Y, verbose=0, validation_split=0.5, callbacks=list(listeners))
        model.predict(X, verbose=0)
        weight = weakref.ref(model.weights[0])
        for listener in listeners:
            listener.set_model(None)
        del model
        assert weight() is None
    finally:
        gc.enable()


def test_the_history_of_a_model_knows_its_model():
    model = compiled()
    history = model.fit(X, Y, verbose=0)
    assert history.model is model.history.model is model
    assert model.history.history == history.history
