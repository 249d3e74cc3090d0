"""Helpers of `utils` compared with Keras's, and data that comes as a `PyDataset`."""

import threading

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both
from tests.parity.test_training import CLASSES, LABELS, X, fit_both, mlp, twins

SEQUENCES = [[1, 2, 3], [], [4], [5, 6, 7, 8, 9]]
PADDINGS = [
    {},
    {"maxlen": 3},
    {"maxlen": 3, "padding": "post"},
    {"maxlen": 3, "truncating": "post", "value": -1},
    {"maxlen": 7, "padding": "post", "truncating": "post", "dtype": "float32", "value": 0.5},
]


@pytest.mark.parametrize("arguments", PADDINGS, ids=str)
def test_sequences_are_padded_as_in_keras(arguments):
    of_rows = [[[number, -number] for number in sequence] for sequence in SEQUENCES]
    for given in (SEQUENCES, of_rows, [np.array(row) for row in SEQUENCES if row]):
        ours, theirs = both(lambda k, given=given: k.utils.pad_sequences(given, **arguments))
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    words = [["a"], ["b", "cde"]]
    ours, theirs = both(lambda k: k.utils.pad_sequences(words, dtype=object, value="-"))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("arguments", [{}, {"axis": 1}, {"order": 1}, {"axis": 1, "order": np.inf}], ids=str)
def test_rows_are_normalized_as_in_keras(arguments):
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    x[1, :, 2] = x[2, 1] = 0
    assert_close(*both(lambda k: k.utils.normalize(x, **arguments)), 1e-12)


def test_rows_are_normalized_along_axis_0_where_keras_fails():
    x = np.array([[3.0, 1.0, 0.0], [4.0, 1.0, 0.0]])
    assert_close(minidl.utils.normalize(x, 0), [[0.6, 0.5**0.5, 0], [0.8, 0.5**0.5, 0]])
    with pytest.raises(ValueError, match="broadcast"):
        keras.utils.normalize(x, 0)


def batches_of(k, **arguments):
    class Batches(k.utils.PyDataset):
        asked, threads = [], set()

        def __len__(self):
            return 5

        def __getitem__(self, index):
            self.asked.append(index)
            self.threads.add(threading.current_thread() is threading.main_thread())
            rows = slice(10 * index, 10 * index + 10)
            return X[rows], LABELS[rows]

    return Batches(**arguments)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_data_set_of_batches_is_learned_from_as_in_keras(workers):
    models = twins(mlp(CLASSES, "softmax"))
    for model in models:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    histories = []
    for model, k in zip(models, (minidl, keras), strict=True):
        data = batches_of(k, workers=workers if k is minidl else 1)  # the same order, however many
        histories.append(model.fit(data, epochs=3, shuffle=False, verbose=0, validation_data=batches_of(k)))
        assert_close(np.size(model.predict(data, verbose=0)), 50 * CLASSES)
    assert list(histories[0].history) == list(histories[1].history)
    for key, values in histories[1].history.items():
        assert_close(histories[0].history[key], values, 1e-4, key)
    fit_both(models, X, LABELS)  # the weights agree still


def test_the_order_of_batches_is_drawn_again_in_each_epoch_as_in_keras():
    for k, model in zip((minidl, keras), twins(mlp(CLASSES, "softmax")), strict=True):
        data = batches_of(k, workers=0)
        model.compile("sgd", "sparse_categorical_crossentropy")
        data.asked.clear()
        model.fit(data, epochs=4, verbose=0)
        rounds = [data.asked[start : start + 5] for start in range(len(data.asked) - 20, len(data.asked), 5)]
        assert all(sorted(round_) == list(range(5)) for round_ in rounds)
        assert len(set(map(tuple, rounds))) > 1


def test_one_worker_is_a_thread_where_keras_has_none():
    found = []
    for k, model in zip((minidl, keras), twins(mlp(CLASSES, "softmax")), strict=True):
        data = batches_of(k)
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(data, verbose=0)
        found.append(data.threads)
    assert found == [{False}, {True}]


class Cut:
    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_a_copy_within_an_epoch_leads_to_the_same_end_where_keras_learns_batches_twice(tmp_path):
    weights = twins(mlp(CLASSES, "softmax"))[0].get_weights()
    same = []
    for k in (minidl, keras):
        cut = type("Cutting", (Cut, k.callbacks.Callback), {})()
        ends = []
        for interrupted in (False, True):
            model = mlp(CLASSES, "softmax")(k)
            model.set_weights(weights)
            model.compile(k.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
            options = {"epochs": 3, "batch_size": 10, "shuffle": False, "verbose": 0}
            backup = [k.callbacks.BackupAndRestore(str(tmp_path / k.__name__), save_freq=3)] if interrupted else []
            if interrupted:
                cut.left = 9
                with pytest.raises(KeyboardInterrupt):
                    model.fit(X, LABELS, callbacks=[*backup, cut], **options)
            model.fit(X, LABELS, callbacks=backup, **options)
            ends.append(np.concatenate([np.ravel(value) for value in model.get_weights()]))
        same.append(bool(np.array_equal(*ends)))
    assert same == [True, False]
