"""`get_state` and `set_state` of callbacks and data sets, and what a backup does with them."""

import random
import warnings
from collections import Counter, OrderedDict, defaultdict, deque
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.callbacks import BackupAndRestore, Callback, CallbackList, EarlyStopping, LearningRateScheduler
from minidl.saving.plain_state import pack, unpack
from minidl.saving.training_state import is_data
from minidl.utils import PyDataset
from tests.callbacks.test_backup import Cut

Legacy = np.random.RandomState  # users' callbacks have it
X = np.linspace(-1, 1, 32, dtype="float32").reshape(16, 2)
Y = X[:, :1]


def compiled():
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def cut_and_resume(tmp_path, make, after=3, save_freq=1, **options):
    """Train until a cut, then start again; returns the callbacks of the second run, and its warnings."""
    settings = {"epochs": 2, "batch_size": 4, "verbose": 0} | options
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, save_freq), *make(), Cut(after)], **settings)
    listeners = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, save_freq), *listeners], **settings)
    return listeners, [str(warning.message) for warning in caught]


class Recorder(Callback):
    def __init__(self, patience=5):
        self.patience, self.calls = patience, []

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("begin", epoch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("end", epoch))


@pytest.mark.parametrize("after", range(1, 8))
@pytest.mark.parametrize("save_freq", [1, 2, "epoch"])
def test_each_hook_is_called_once_for_each_epoch_and_batch(after, save_freq, tmp_path):
    (recorder,), messages = cut_and_resume(tmp_path, lambda: [Recorder()], after, save_freq)
    epochs = [[("begin", epoch), 0, 1, 2, 3, ("end", epoch)] for epoch in (0, 1)]
    assert recorder.calls == epochs[0] + epochs[1]
    assert messages == []


def test_a_learning_rate_is_not_halved_twice_in_an_epoch(tmp_path):
    model = compiled()
    for number in range(2):
        model = compiled()
        model.optimizer.learning_rate = 0.1
        listeners = [BackupAndRestore(tmp_path, 1), LearningRateScheduler(lambda epoch, rate: rate * 0.5)]
        if number == 0:
            with pytest.raises(KeyboardInterrupt):
                model.fit(X, Y, epochs=3, batch_size=4, verbose=0, callbacks=[*listeners, Cut(6)])
        else:
            model.fit(X, Y, epochs=3, batch_size=4, verbose=0, callbacks=listeners)
    assert float(model.optimizer.learning_rate) == 0.0125


def test_a_changed_argument_in_the_script_is_not_overwritten(tmp_path):
    made = iter([Recorder(5), Recorder(9)])
    (recorder,), _ = cut_and_resume(tmp_path, lambda: [next(made)])
    assert recorder.patience == 9
    assert recorder.get_state() == {"calls": recorder.calls}


def test_a_run_that_was_stopped_early_stays_stopped(tmp_path):
    class CutAtEnd(Callback):
        def on_train_end(self, logs=None):
            raise KeyboardInterrupt

    def listeners(*more):
        stopping = EarlyStopping("loss", patience=0, min_delta=1e9, start_from_epoch=1)
        return [*more, BackupAndRestore(tmp_path), stopping], stopping

    first, stopping = listeners(CutAtEnd())
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, epochs=9, verbose=0, callbacks=first)
    again, resumed = listeners()
    history = compiled().fit(X, Y, epochs=9, verbose=0, callbacks=again)
    assert history.epoch == [0, 1, 2]
    assert resumed.stopped_epoch == stopping.stopped_epoch == 2


class WithFile(Callback):
    def on_train_begin(self, logs=None):
        self.file, self.name = iter(()), "log"


class Saved(WithFile):
    def get_state(self):
        return {"name": self.name}

    def set_state(self, state):
        self.name = state["name"]


class Changing(PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[4 * index : 4 * index + 4], Y[4 * index : 4 * index + 4]

    def on_epoch_end(self):
        self.changed = True


def test_what_cannot_be_saved_is_named_when_training_resumes(tmp_path):
    _, messages = cut_and_resume(tmp_path, lambda: [WithFile()])
    assert len(messages) == 1
    assert "does not hold file of WithFile, so the resumed training may differ" in messages[0]
    assert "give the class get_state(self), which returns a dict, and set_state(self, state)" in messages[0]
    assert cut_and_resume(tmp_path, lambda: [Saved()])[1] == []


def test_a_data_set_that_changes_itself_and_offers_no_state_is_named(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(Changing(), verbose=0, callbacks=[BackupAndRestore(tmp_path, 1), Cut(2)])
    with pytest.warns(UserWarning, match="does not hold what Changing changes in on_epoch_end"):
        compiled().fit(Changing(), verbose=0, callbacks=[BackupAndRestore(tmp_path, 1)])


def test_the_state_of_validation_data_is_kept(tmp_path):
    class Counting(Changing):
        passes = 0

        def on_epoch_end(self):
            self.passes += 1

        def get_state(self):
            return self.passes

        def set_state(self, state):
            self.passes = state

    with pytest.raises(KeyboardInterrupt):
        compiled().fit(
            X,
            Y,
            batch_size=8,
            epochs=3,
            verbose=0,
            validation_data=Counting(),
            callbacks=[BackupAndRestore(tmp_path, 1), Cut(5)],
        )
    judged = Counting()
    compiled().fit(X, Y, batch_size=8, epochs=3, verbose=0, validation_data=judged, callbacks=[BackupAndRestore(tmp_path, 1)])
    assert judged.passes == 3


def test_the_state_of_two_callbacks_of_a_class_is_not_exchanged(tmp_path):
    (one, other), _ = cut_and_resume(tmp_path, lambda: [EarlyStopping("loss", patience=7), EarlyStopping("loss", mode="max")])
    assert one.best < other.best or one.best_epoch != other.best_epoch


def test_backups_are_made_after_all_other_callbacks():
    backup, other = BackupAndRestore("backup"), Callback()
    assert CallbackList([backup, other]).callbacks == [other, backup]


VALUES = [
    None, True, 3, 0.1, "text", [1, [2.5]], (1, "a"), {"a": 1, 2: "b"}, {1, 2}, deque([1, 2], maxlen=2),
    np.arange(6, dtype="int16").reshape(2, 3), np.float32(0.1), np.array(["a", "bc"]), float("inf"), [], {},
    Counter("aab"), OrderedDict([("b", 1), ("a", 2)]),
    defaultdict(list, {"a": [1]}), defaultdict(int), defaultdict(None, {1: 2}),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_data_is_packed_and_unpacked(value):
    tensors = {}
    found = unpack(pack({"value": value}, tensors), tensors)["value"]
    assert type(found) is type(value)
    np.testing.assert_equal(found, value)
    for name in ("dtype", "default_factory", "maxlen"):
        assert getattr(found, name, None) == getattr(value, name, None)


class Named(NamedTuple):
    x: int


NO_DATA = [
    defaultdict(lambda: 1), Named(1), np.ma.array([1.0, 2.0], mask=[0, 1]), b"bytes", 1j, date(2020, 1, 1), Path("a"),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_DATA, ids=lambda value: type(value).__name__)
def test_values_whose_type_a_file_would_lose_are_no_data(value):
    assert not is_data(value)
    assert not is_data([{"a": value}])


def test_a_list_that_contains_itself_is_no_data():
    value = []
    value.append(value)
    assert not is_data(value)


@pytest.mark.parametrize(
    "make", [np.random.default_rng, random.Random, Legacy, lambda seed: np.random.Generator(np.random.MT19937(seed))]
)
def test_random_generators_are_packed_and_unpacked(make):
    generator, tensors = make(3), {}
    generator.random()
    assert unpack(pack(generator, tensors), tensors).random() == generator.random()


def test_a_callback_with_counters_counts_on(tmp_path):
    class Counts(Callback):
        def __init__(self):
            self.by_batch, self.seen, self.draws = defaultdict(int), Counter(), Legacy(0)

        def on_train_batch_end(self, batch, logs=None):
            self.by_batch[batch] += 1
            self.seen.update([batch % 2, self.draws.randint(3)])

    compiled().fit(X, Y, epochs=2, batch_size=4, verbose=0, callbacks=[whole := Counts()])
    (resumed,), messages = cut_and_resume(tmp_path, lambda: [Counts()])
    assert messages == []
    assert (resumed.by_batch, resumed.seen) == (whole.by_batch, whole.seen)
    assert resumed.by_batch[99] == 0


DAMAGED = [
    {},
    {"kind": "array", "value": "x"},
    {"kind": "tuple", "value": 3},
    {"kind": "x", "value": []},
    {"kind": "defaultdict", "value": [], "default": "exec"},
    {"kind": "random_state", "value": {"kind": "dict", "value": []}},
]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_damaged_states_are_value_errors(damaged):
    with pytest.raises(ValueError, match="the saved state is damaged"):
        unpack(damaged, {})


def test_callbacks_of_minidl_have_states_that_a_file_can_hold():
    from minidl.saving.training_state import callback_states
    from tests.table.callbacks import CALLBACKS, WATCHERS

    for name, forms in (CALLBACKS | WATCHERS).items():
        if name != "CallbackList":  # its callbacks are asked themselves
            assert [state["lost"] for state in callback_states([make() for make in forms])] == [[]] * len(forms), name
