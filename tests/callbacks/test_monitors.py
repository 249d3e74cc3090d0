"""Callbacks that monitor a value: their effects, and errors."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from minidl import Input, Sequential, layers, load_model, metrics, optimizers
from minidl.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def compiled():
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_the_best_model_is_in_the_file(tmp_path):
    path = tmp_path / "made" / "best-{epoch}.safetensors"
    model = compiled()
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[ModelCheckpoint(path, "loss", save_best_only=True)])
    assert sorted(file.name for file in path.parent.iterdir()) == [f"best-{epoch}.safetensors" for epoch in (1, 2, 3)]
    np.testing.assert_array_equal(load_model(path.parent / "best-3.safetensors").predict(X), model.predict(X))
    assert history.history["loss"] == sorted(history.history["loss"], reverse=True)


def test_weights_alone_are_loaded_by_load_weights(tmp_path):
    path, model = tmp_path / "at-{batch}.safetensors", compiled()
    model.fit(X, Y, batch_size=5, verbose=0, callbacks=[ModelCheckpoint(path, save_weights_only=True, save_freq=2)])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["at-2.safetensors", "at-4.safetensors"]
    other = compiled()
    other.load_weights(tmp_path / "at-4.safetensors")
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


@pytest.mark.parametrize("ending", [".keras", ".safetensors", ".weights.h5"])
def test_a_checkpoint_accepts_every_ending_that_save_accepts(ending, tmp_path):
    model, path = compiled(), tmp_path / f"best{ending}"
    model.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(path, save_weights_only="weights" in ending)])
    other = compiled()
    other.load_weights(path)
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_an_unknown_ending_raises_an_error_before_training():
    with pytest.raises(ValueError, match=r"to save a model, use one of .safetensors, .keras, .h5, .hdf5; got 'best.pkl'"):
        ModelCheckpoint("best.pkl")
    with pytest.raises(ValueError, match=r"to save weights, use one of .safetensors, .weights.h5; got 'best.keras'"):
        ModelCheckpoint("best.keras", save_weights_only=True)


def test_a_name_that_cannot_be_filled_in_raises_an_error_with_those_that_can():
    callback = ModelCheckpoint("{val_loss:.2f}.safetensors")
    with pytest.raises(ValueError, match=r"cannot fill in 'val_loss' of .*; the names are epoch, loss"):
        callback.on_epoch_end(0, {"loss": 1.0})


@pytest.mark.parametrize(
    ("template", "match"),
    [
        ("{}.safetensors", "braces hold a name, such as {epoch}"),
        ("{0}.safetensors", "braces hold a name, such as {epoch}"),
        ("{epoch:.2q}.safetensors", "Unknown format code 'q'"),
        ("{val_loss:d}.safetensors", "Unknown format code 'd'"),
        ("{epoch.safetensors", "expected '}' before end of string"),
        ("{batch}.safetensors", "{batch} needs save_freq to be a number of batches"),
    ],
)
def test_braces_that_nothing_can_fill_raise_an_error_at_once(template, match):
    with pytest.raises(ValueError, match=f"ModelCheckpoint cannot fill in '{re.escape(template)}': {re.escape(match)}"):
        ModelCheckpoint(template)


@pytest.mark.parametrize("template", ["{{a}}", "{epoch:02d}-{val_loss:.2f}", "{epoch!r:>5}", "{epoch:.1f}", "{accuracy:%}"])
def test_other_braces_are_accepted(template):
    model = SimpleNamespace(save=lambda path, overwrite: names.append(path))
    names = []
    callback = ModelCheckpoint(f"{template}.keras")
    callback.set_model(model)
    callback.on_epoch_end(0, {"val_loss": 0.5, "accuracy": 1.0})
    assert names == [template.format(epoch=1, val_loss=0.5, accuracy=1.0) + ".keras"]


@pytest.mark.parametrize(
    "callback",
    [
        EarlyStopping("recall"),
        ReduceLROnPlateau("recall"),
        ModelCheckpoint("best.safetensors", "recall", save_best_only=True),
        ModelCheckpoint("{recall:.2f}.safetensors"),
        ModelCheckpoint("{recall}.safetensors"),
    ],
)
def test_a_metric_with_several_values_raises_an_error_with_the_fix(callback, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = Sequential([Input((3,)), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metrics.Recall(thresholds=[0.3, 0.6], name="recall")])
    sentence = type(callback).__name__ + r'.*\b2\b.*make its metric with average="macro", or with a single threshold'
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, Y > 0, verbose=0, callbacks=[callback])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("save_freq", ["batch", 0, 2.5, True, None])
def test_an_unknown_frequency_raises_an_error(save_freq):
    with pytest.raises(ValueError, match='ModelCheckpoint expects save_freq to be "epoch" or a number of batches'):
        ModelCheckpoint("a.safetensors", save_freq=save_freq)


def test_a_value_that_never_appears_saves_every_epoch_with_a_warning(tmp_path):
    model = compiled()
    path = tmp_path / "{epoch}.safetensors"
    with pytest.warns(UserWarning, match="ModelCheckpoint monitors 'val_loss', which the logs do not have; they have loss"):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[ModelCheckpoint(path, save_best_only=True)])
    assert len(list(tmp_path.iterdir())) == 2


def test_verbose_prints_what_it_saves(tmp_path, capsys):
    compiled().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "a.safetensors", verbose=1)])
    assert capsys.readouterr().out == f"Epoch 1: saved {tmp_path / 'a.safetensors'}\n"


def test_the_learning_rate_falls_and_is_logged(capsys):
    callback = ReduceLROnPlateau("loss", factor=0.5, patience=1, verbose=1)
    callback.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=1.0), metrics=()))
    for epoch in range(3):
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert callback.model.optimizer.learning_rate == 0.25
    assert capsys.readouterr().out.splitlines()[0] == "Epoch 2: loss has stopped improving, learning rate reduced to 0.5"
    for wrong in ({"factor": 1.0}, {"factor": -0.5}):
        with pytest.raises(ValueError, match="ReduceLROnPlateau expects factor"):
            ReduceLROnPlateau(**wrong)
    with pytest.raises(TypeError, match=r"no arguments \['epsilon'\]"):
        ReduceLROnPlateau(epsilon=1)


def test_a_schedule_must_give_a_number(capsys):
    model = compiled()
    model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 1, verbose=1)])
    assert model.optimizer.learning_rate == 1
    assert capsys.readouterr().out == "Epoch 1: the learning rate is 1\n"
    for wrong in ("fast", -1.0, None):
        answers = {0: wrong}
        with pytest.raises(ValueError, match="the value that schedule returns to be a (finite )?number"):
            model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(answers.__getitem__)])
    with pytest.raises(TypeError, match="schedule to be a function"):
        LearningRateScheduler(0.1)


@pytest.mark.parametrize("callback", [LearningRateScheduler(lambda epoch: 0.1), ReduceLROnPlateau("loss")])
@pytest.mark.parametrize(
    ("optimizer", "match"),
    [
        (optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 10)), "sets the learning rate, but SGD follows CosineDecay"),
        (optimizers.LBFGS(), "sets the learning rate, and LBFGS has none; leave the callback out"),
    ],
)
def test_a_learning_rate_that_cannot_be_set_raises_an_error_before_training(optimizer, match, callback):
    model = compiled()
    model.compile(optimizer, "mse")
    before = model.predict(X)
    with pytest.raises(TypeError, match=f"{type(callback).__name__} {match}"):
        model.fit(X, Y, verbose=0, callbacks=[callback])
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (ReduceLROnPlateau, {"patience": "a"}),
        (ReduceLROnPlateau, {"patience": -1}),
        (ReduceLROnPlateau, {"min_lr": "x"}),
        (ReduceLROnPlateau, {"cooldown": -2.5}),
        (EarlyStopping, {"patience": -1}),
        (EarlyStopping, {"baseline": "low"}),
        (EarlyStopping, {"start_from_epoch": None}),
        (optimizers.Adam, {"learning_rate": np.inf}),
    ],
)
def test_invalid_arguments_raise_an_error(kind, arguments):
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=f"{kind.__name__} expects {name} to be a (finite )?number.*, got {value!r}"):
        kind(**arguments)


def test_an_error_in_a_schedule_is_raised_unchanged():
    def broken(epoch, rate):
        return rate + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        compiled().fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(broken)])


def test_nan_ends_training_without_an_error_for_one_fit_only(capsys):
    model = Sequential([Input((3,)), layers.Dense(1, "exponential", kernel_initializer="ones")])
    model.compile("sgd", "mse")
    huge = np.full((4, 3), 1e3, "float32")
    before = model.get_weights()
    with np.errstate(over="ignore"):
        history = model.fit(huge, Y[:4], epochs=3, verbose=0, callbacks=[TerminateOnNaN()])
        assert np.isinf(history.history["loss"]).tolist() == [True]
        assert capsys.readouterr().out == "Batch 0: the loss became inf, training ends\n"
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        with pytest.raises(RuntimeError, match="became inf in batch 0"):
            model.fit(huge, Y[:4], verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])
        with pytest.raises(FloatingPointError, match="first layer whose output is not finite"):
            model.fit(huge, Y[:4], verbose=0)


def test_all_monitors_check_mode_and_direction_in_the_same_way():
    for kind, needed in ((EarlyStopping, ()), (ReduceLROnPlateau, ()), (ModelCheckpoint, ("a.safetensors",))):
        with pytest.warns(UserWarning, match=kind.__name__ + ' expects mode to be "auto", "min" or "max", got'):
            assert kind(*needed, mode="up").mode == "auto"
        callback = kind(*needed, monitor="reward")
        callback.set_model(SimpleNamespace(metrics=()))
        with pytest.raises(ValueError, match=kind.__name__ + " cannot tell whether 'reward' should increase or decrease"):
            callback.is_better(1.0, 2.0)


class Say(Callback):
    """Puts values into the logs."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs["figure"] = self.values[epoch]


NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("mode", "values", "saved"),
    [
        ("min", [NAN, 2.0, 1.0], [2, 3]),
        ("min", [3.0, NAN, 1.0], [1, 3]),
        ("min", [NAN, NAN, 1.0], [3]),
        ("min", [NAN, INF, 1.0], [2, 3]),
        ("max", [NAN, 1.0, 2.0], [2, 3]),
        ("max", [NAN, 2.0, NAN, 1.0], [2]),
        ("min", [NAN, NAN], []),
    ],
)
def test_nan_is_never_the_best_value(mode, values, saved, tmp_path):
    stopping = EarlyStopping("figure", patience=9, mode=mode, restore_best_weights=True)
    plateau = ReduceLROnPlateau("figure", mode=mode, patience=9, min_delta=0)
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}.safetensors", "figure", save_best_only=True, mode=mode)
    model = compiled()
    model.fit(X, Y, epochs=len(values), verbose=0, callbacks=[Say(values), checkpoint, stopping, plateau])
    assert sorted(int(path.stem) for path in tmp_path.iterdir()) == saved
    best = values[saved[-1] - 1] if saved else None
    assert checkpoint.best == stopping.best == plateau.best == best
    if saved:
        assert stopping.best_epoch == saved[-1] - 1
        np.testing.assert_array_equal(model.predict(X), load_model(tmp_path / f"{saved[-1]}.safetensors").predict(X))


def test_epochs_of_nan_count_as_without_improvement():
    stopping, plateau = EarlyStopping("figure", patience=2, mode="min"), ReduceLROnPlateau("figure", 0.5, 2, mode="min")
    model = compiled()
    model.fit(X, Y, epochs=9, verbose=0, callbacks=[Say([NAN] * 9), stopping, plateau])
    assert stopping.stopped_epoch == 1
    assert float(model.optimizer.learning_rate) == pytest.approx(0.005)
