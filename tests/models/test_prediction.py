"""Prediction of several batches at once: the same outputs as one after another, and never where that could differ."""

import threading

import numpy as np
import pytest

from minidl import Input, Layer, Model, Sequential
from minidl.callbacks import Callback, CallbackList
from minidl.data.batches import ArrayBatches, ArrayData
from minidl.kernels.threads import set_threads
from minidl.layers import LSTM, Concatenate, Conv1D, Dense, Dropout, Flatten, Lambda, RepeatVector
from minidl.models.data_adapter import rows_to_predict
from minidl.models.loops import gains_from_threads, has_independent_batches, run_prediction

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _two_threads():
    set_threads(2)
    yield
    set_threads(None)


class Watch(Callback):
    """Notes the batches that it is told of."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_predict_batch_end(self, batch, logs=None):
        self.seen.append((batch, len(logs["outputs"])))


class Note(Layer):
    """A layer of a user, which notes the thread that it runs in."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def forward(self, x, training=False):
        self.seen.add(threading.get_ident())
        return x, None

    def backward(self, dy, cache):
        return dy


class Own(Sequential):
    """A model whose step is its own."""

    def predict_step(self, data):
        return super().predict_step(data) + 1


def is_independent(model, callbacks=()):
    """Whether batches of this model's inputs may be predicted at once."""
    return has_independent_batches(model, CallbackList(callbacks, model=model))


def predict_at_once(model, x, batch_size):
    """The predictions on threads, however small the batches are."""
    batches = ArrayBatches(ArrayData(np.asarray(x, "float32")), batch_size)
    return run_prediction(model, batches, CallbackList([], model=model), None, least_work=0)


@pytest.mark.parametrize("layers", [[Flatten(), Dense(5)], [Conv1D(4, 2, activation="relu"), Flatten(), Dense(2)]])
@pytest.mark.parametrize("rows", [1, 4, 21])
def test_the_outputs_are_those_of_one_batch_after_another(layers, rows):
    model, x = Sequential(layers), RNG.normal(size=(rows, 4, 3))
    model.build((None, 4, 3))
    assert is_independent(model)
    at_once = predict_at_once(model, x, 2)
    np.testing.assert_allclose(at_once, model.predict(x, batch_size=2, callbacks=[Watch()]), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(at_once, predict_at_once(model, x, 2))  # and bit for bit each time


def test_several_outputs_are_joined_each():
    x = Input((4, 3))
    model, data = Model(x, {"a": Dense(2)(x), "b": Flatten()(x)}), RNG.normal(size=(7, 4, 3)).astype("float32")
    assert is_independent(model)
    found = predict_at_once(model, data, 2)
    assert found["a"].shape == (7, 4, 2)
    np.testing.assert_array_equal(found["b"], data.reshape(7, 12))


def test_a_callback_sees_every_batch_in_order():
    model, watch = Sequential([Input((4, 3)), Dense(2)]), Watch()
    assert not is_independent(model, [watch])
    model.predict(np.ones((5, 4, 3)), batch_size=2, callbacks=[watch])
    assert watch.seen == [(0, 2), (1, 2), (2, 1)]


def test_layers_of_a_user_run_in_the_calling_thread():
    note = Note()
    predict_at_once(Sequential([Input((4, 3)), note, Dense(2)]), np.ones((8, 4, 3)), 1)
    assert note.seen == {threading.get_ident()}
    inner = Sequential([Input((4, 3)), Sequential([note, Dense(2)])])
    assert not is_independent(inner)
    assert not is_independent(Sequential([Input((4, 3)), Lambda(lambda x: x), Dense(2)]))


def test_a_state_is_passed_from_batch_to_batch():
    model = Sequential([Input((4, 3), batch_size=2), LSTM(3, stateful=True)])
    assert not is_independent(model)
    x = RNG.normal(size=(4, 4, 3)).astype("float32")
    found = model.predict(x)
    model.layers[0].reset_state()
    np.testing.assert_allclose(found, np.concatenate([model(x[:2]), model(x[2:])]), rtol=1e-5, atol=1e-6)


def test_a_custom_predict_step_is_called_for_every_batch():
    model = Own([Input((4, 3)), Flatten()])
    assert not is_independent(model)
    np.testing.assert_array_equal(predict_at_once(model, np.ones((5, 4, 3)), 2), np.full((5, 12), 2.0))


def test_small_batches_use_no_threads():
    assert not gains_from_threads(Sequential([Input((4, 3)), Dense(2)]), 512)
    assert gains_from_threads(Sequential([Input((128,)), Dense(128)]), 512)
    assert gains_from_threads(Sequential([Input((4, 3)), Conv1D(2, 2)]), 1)


def branched():
    inputs = Input((6,))
    return Model(inputs, Concatenate()([Dense(100)(inputs), Dense(28)(inputs)]))


@pytest.mark.parametrize(
    ("model", "shape", "rows", "right"),
    [
        (lambda: Sequential([Dense(128), Dropout(0.5), Dense(10)]), (6,), 10_000, 5_000),  # a batch for each of two threads
        (lambda: Sequential([Dense(128), Dense(10)]), (6,), 100_000, 7_143),  # of at most 8,192 rows of 128 values: 4 MB
        (lambda: Sequential([Dense(4096)]), (6,), 10_000, 500 + 12),  # 512 rows at least
        (branched, (6,), 10_000, 5_000),
        (lambda: Sequential([Dense(128)]), (6,), 512, 512),
        (lambda: Sequential([Dense(128)]), (3, 6), 10_000, 512),  # 3 vectors in each row
        (lambda: Sequential([Dense(128), RepeatVector(50), Flatten()]), (6,), 10_000, 512),
        (lambda: Sequential([LSTM(8)]), (5, 3), 10_000, 512),
        (lambda: Sequential([Sequential([Dense(9)])]), (6,), 10_000, 512),
        (lambda: Sequential([Note(), Dense(9)]), (6,), 10_000, 512),
        (lambda: Sequential([Conv1D(4, 2)]), (5, 3), 10_000, 64),
    ],
)
def test_predictions_of_vectors_have_a_large_batch_for_each_thread(model, shape, rows, right):
    made, x = model(), np.zeros((rows, *shape), np.float32)
    made(x[:1])
    assert rows_to_predict(made, ArrayData(x, None, None)) == right
