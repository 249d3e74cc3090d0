"""Ctrl-C in the middle of a fit: the model stays usable, the history holds what was finished."""

import _thread
import signal
import threading

import numpy as np
import pytest

from minidl import Input, Sequential, layers, optimizers
from minidl.callbacks import Callback, LambdaCallback, ModelCheckpoint, SwapEMAWeights
from minidl.utils import PyDataset

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Interrupting(Callback):
    """Ctrl-C when a hook is called for the n-th time; it notes the weights that the last whole step left."""

    def __init__(self, hook, at):
        setattr(self, hook, self.count)
        self.left, self.ended = at, False

    def set_model(self, model):
        super().set_model(model)
        if model is not None:
            self.weights, step = model.get_weights(), model.train_step

            def noted(data):
                logs = step(data)
                self.weights = model.get_weights()
                return logs

            model.train_step = noted

    def count(self, *_):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def on_train_end(self, logs=None):
        self.ended = True


def compiled():
    model = Sequential([Input((3,)), layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


class FirstWeights(Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0 and not hasattr(self, "weights"):
            self.weights = self.model.get_weights()


def check_usable(model, finished, weights=None, callbacks=()):
    """The history holds what was finished; training goes on from the weights of the last whole step, as well as before."""
    assert model.history.epoch == list(range(finished))
    assert len(model.history.history.get("loss", [])) == finished
    assert np.isfinite(model.predict(X)).all()
    first = FirstWeights()
    again = model.fit(X, Y, epochs=20, verbose=0, callbacks=[*callbacks, first])
    for one, other in zip(first.weights, first.weights if weights is None else weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert again.epoch == list(range(20))
    assert again.history["loss"][-1] < 1.1 * again.history["loss"][0]  # it may have been at its end before
    assert model.history.history is again.history


@pytest.mark.parametrize(
    ("hook", "at", "finished"),
    [
        ("on_train_batch_end", 7, 1),
        ("on_train_batch_begin", 1, 0),
        ("on_epoch_begin", 3, 2),
        ("on_epoch_end", 3, 2),
        ("on_test_batch_end", 2, 1),
    ],
)
def test_an_interrupted_fit_leaves_a_usable_model_and_its_history(hook, at, finished):
    model, callback = compiled(), Interrupting(hook, at)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=5, batch_size=8, validation_split=0.2, verbose=0, callbacks=[callback])
    assert not callback.ended  # as in Keras: on_train_end tells of training that came to its end
    check_usable(model, finished, callback.weights)


@pytest.mark.parametrize("hook", ["on_test_end", "on_epoch_end", "on_test_batch_begin"])
def test_training_weights_are_restored_after_averages_replaced_them(hook):
    model, callback, swap = compiled(), Interrupting(hook, 1), SwapEMAWeights(swap_on_epoch=True)
    model.compile(optimizers.Adam(use_ema=True), "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=5, batch_size=8, validation_split=0.2, verbose=0, callbacks=[swap, callback])
    check_usable(model, 0, callback.weights, [swap])


@pytest.mark.parametrize("look", range(5, 12))
def test_an_interrupted_line_search_leaves_the_weights_of_the_last_complete_step(look):
    class Interrupted(layers.Layer):
        left = look

        def forward(self, x, training=False):
            self.left -= training
            if training and self.left == 0:
                raise KeyboardInterrupt
            return x, None

        def backward(self, dy, cache):
            return dy

    model = Sequential([Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1), Interrupted()])
    model.compile("lbfgs", "mse")
    callback = Interrupting("on_epoch_begin", -1)  # never: the layer does it
    with pytest.raises(KeyboardInterrupt):
        model.fit(3 * X, 10 * np.sin(9 * X[:, :1]), epochs=20, verbose=0, callbacks=[callback])
    check_usable(model, len(model.history.epoch), callback.weights)


@pytest.fixture
def _signals_raise():
    """Ctrl-C raises KeyboardInterrupt, also where a shell started the tests in the background, and so has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_signals_raise")
def test_a_real_signal_within_a_step_leaves_the_model_usable():
    model, timer = compiled(), threading.Timer(0.01, _thread.interrupt_main)
    soon = LambdaCallback(on_train_begin=lambda logs: timer.start())  # long before training has come to its end
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=10**4, batch_size=8, verbose=0, callbacks=[soon])
    timer.join()
    check_usable(model, len(model.history.epoch))


def test_a_worker_that_makes_batches_ends_with_the_fit():
    class Batches(PyDataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]

    model, callback = compiled(), Interrupting("on_train_batch_end", 7)
    with pytest.raises(KeyboardInterrupt):
        model.fit(Batches(), epochs=5, verbose=0, callbacks=[callback])
    check_usable(model, 1, callback.weights)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("Batches")]


def test_the_best_model_saved_before_an_interruption_is_complete(tmp_path):
    model, path = compiled(), tmp_path / "best.safetensors"
    callbacks = [ModelCheckpoint(path, "loss", save_best_only=True), Interrupting("on_epoch_end", 3)]
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=5, verbose=0, callbacks=callbacks)
    model.load_weights(path)
    assert np.isfinite(model.predict(X)).all()
    assert [file.name for file in tmp_path.iterdir()] == ["best.safetensors"]


def test_functions_may_raise_keyboard_interrupt():
    def stop(epoch, logs):
        raise KeyboardInterrupt

    model = compiled()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_end=stop)])
    check_usable(model, 0)
