"""Callbacks driven compared with Keras's with the same logs: the same decisions, files, figures and calls."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both
from tests.parity.test_training import CLASSES, CURVES, FEATURES, LABELS, X, fit_both, mlp, twins


class Watched:
    """What callbacks see of a model; it notes what it is told to save."""

    metrics = ()

    def __init__(self, learning_rate=0.5):
        self.optimizer = SimpleNamespace(learning_rate=learning_rate, needs_full_batch=False)
        self.stop_training, self.saved = False, []

    def save(self, path, overwrite):
        self.saved.append(("model", path.rpartition(".")[0]))

    def save_weights(self, path, overwrite):
        self.saved.append(("weights", path.removesuffix(".weights.h5").removesuffix(".safetensors")))


PLATEAUS = [
    {"patience": 1},
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "min_delta": 0.2},
    {"patience": 1, "min_delta": 0.0, "cooldown": 2},
    {"patience": 1, "mode": "max", "min_lr": 0.02},
    {"patience": 0, "mode": "min", "cooldown": 1},
    {"monitor": "loss", "patience": 1, "factor": 0.3},
]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("arguments", PLATEAUS, ids=str)
def test_the_learning_rate_falls_on_plateaus_as_in_keras(arguments, curve):
    runs = []
    for callback in both(lambda k: k.callbacks.ReduceLROnPlateau(**arguments)):
        model, run = Watched(), []
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, value in enumerate(CURVES[curve]):
            logs = {"val_loss": value, "loss": -value}
            callback.on_epoch_end(epoch, logs)
            run.append((float(model.optimizer.learning_rate), logs["learning_rate"], callback.wait, callback.cooldown_counter))
        runs.append(run)
    assert_close(*runs, 1e-12)


@pytest.mark.parametrize(
    "schedule", [lambda epoch, rate: rate * 0.9**epoch, lambda epoch: 0.1 / (1 + epoch)], ids=["two", "one"]
)
def test_a_schedule_of_epochs_is_followed_as_in_keras(schedule):
    runs = []
    for callback in both(lambda k: k.callbacks.LearningRateScheduler(schedule)):
        model, run = Watched(), []
        callback.set_model(model)
        for epoch in range(5):
            callback.on_epoch_begin(epoch)
            logs = {"loss": 1.0}
            callback.on_epoch_end(epoch, logs)
            run.append(logs["learning_rate"])
        runs.append(run)
    assert_close(*runs, 1e-12)


CHECKPOINTS = [
    {},
    {"save_weights_only": True},
    {"save_best_only": True},
    {"save_best_only": True, "mode": "max"},
    {"save_best_only": True, "mode": "min", "initial_value_threshold": 2.95},
    {"save_best_only": True, "monitor": "loss", "save_weights_only": True},
    {"save_freq": 4},
    {"save_freq": 1, "save_weights_only": True},
]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("arguments", CHECKPOINTS, ids=str)
def test_the_same_checkpoints_are_written_under_the_same_names(arguments, curve, tmp_path):
    by_batch = "save_freq" in arguments
    name = "{epoch:02d}-{batch}-{loss:.3f}" if by_batch else "{epoch}-{val_loss:.2f}-{loss:+.1f}"
    saved = []
    for k in (minidl, keras):
        of_keras = ".weights.h5" if arguments.get("save_weights_only") else ".keras"
        ending = ".safetensors" if k is minidl else of_keras
        callback, model = k.callbacks.ModelCheckpoint(str(tmp_path / name) + ending, **arguments), Watched()
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, value in enumerate(CURVES[curve]):
            callback.on_epoch_begin(epoch)
            for batch in range(3):
                callback.on_train_batch_end(batch, {"loss": value + batch})
            callback.on_epoch_end(epoch, {"val_loss": value, "loss": -value})
        saved.append(model.saved)
    assert saved[0]
    assert saved[0] == saved[1]


LOGS = {
    "plain": [{"loss": 1.0 / 3, "accuracy": 0.5}, {"loss": 1e-9, "accuracy": 1}],
    "validation now and then": [{"loss": 2.0}, {"loss": 1.0, "val_loss": 3.0}, {"loss": 0.5}],
    "validation": [
        {"loss": 2.0, "val_loss": 1.5, "learning_rate": 0.1},
        {"loss": 1.0, "val_loss": 0.25, "learning_rate": 0.01},
    ],
}


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("logs", LOGS)
def test_csv_files_equal_keras_s_byte_for_byte(logs, append, tmp_path):
    for name, k in (("ours", minidl), ("theirs", keras)):
        for _ in range(2):
            logger = k.callbacks.CSVLogger(str(tmp_path / name), ";" if append else ",", append=append)
            logger.on_train_begin()
            for epoch, entry in enumerate(LOGS[logs]):
                logger.on_epoch_end(epoch, dict(entry))
            logger.on_train_end()
    ours, theirs = ((tmp_path / name).read_bytes() for name in ("ours", "theirs"))
    assert ours == theirs
    assert ours.count(b"epoch") == 1


@pytest.mark.parametrize("loss", [1.0, float("nan"), float("inf"), None])
def test_training_terminates_on_the_same_losses(loss, capsys):
    stopped = []
    for callback in both(lambda k: k.callbacks.TerminateOnNaN()):
        model = Watched()
        callback.set_model(model)
        callback.on_train_batch_end(3, {} if loss is None else {"loss": loss})
        stopped.append(model.stop_training)
    assert stopped[0] == stopped[1] == (loss is not None and not np.isfinite(loss))
    for callback in both(lambda k: k.callbacks.TerminateOnNaN(raise_error=True)):
        if stopped[0]:
            with pytest.raises(RuntimeError):
                callback.on_train_batch_end(3, {"loss": loss})


def test_functions_are_called_at_the_same_moments():
    calls = []
    names = ["on_epoch_begin", "on_epoch_end", "on_train_begin", "on_train_end", "on_train_batch_begin", "on_train_batch_end"]
    names += ["on_test_begin", "on_test_batch_end", "on_predict_end"]
    for k, model in zip((minidl, keras), twins(mlp(CLASSES, "softmax")), strict=True):
        seen = []

        def note(name, seen=seen):
            return lambda *a, **b: seen.append((name, *(one for one in a if not isinstance(one, dict))))

        callback = k.callbacks.LambdaCallback(**{name: note(name) for name in names})
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X[:20], LABELS[:20], batch_size=10, epochs=2, validation_split=0.5, verbose=0, callbacks=[callback])
        model.predict(X[:20], verbose=0, callbacks=[callback])
        calls.append(seen)
    assert calls[0] == calls[1]


def test_a_whole_fit_has_keras_s_history_with_learning_rates():
    models = twins(mlp(CLASSES, "softmax"))
    for model, k in zip(models, (minidl, keras), strict=True):
        model.compile(k.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    for make in (
        lambda k: [k.callbacks.ReduceLROnPlateau(patience=2, factor=0.5, min_delta=10.0)],
        lambda k: [k.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.8)],
    ):
        mine, _ = fit_both(models, X, LABELS, make, validation_split=0.3, epochs=8)
        assert len(set(mine.history["learning_rate"])) > 1


class Cut(minidl.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


class CutOfKeras(keras.callbacks.Callback):
    on_epoch_begin = Cut.on_epoch_begin


def test_an_interrupted_fit_resumes_with_the_same_weights_and_also_with_its_history(tmp_path):
    models, whole = (twins(mlp(CLASSES, "softmax")) for _ in range(2))
    whole[0].set_weights(models[0].get_weights())
    ends, epochs = [], []
    for k, model, cut in zip((minidl, keras), models, (Cut, CutOfKeras), strict=True):
        model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        options = {"epochs": 4, "batch_size": 20, "shuffle": False, "verbose": 0}
        folder = str(tmp_path / k.__name__)
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, LABELS, callbacks=[k.callbacks.BackupAndRestore(folder), cut()], **options)
        epochs.append(model.fit(X, LABELS, callbacks=[k.callbacks.BackupAndRestore(folder)], **options).epoch)
        ends.append(model.get_weights())
    assert epochs == [[0, 1, 2, 3], [2, 3]]
    for mine, its in zip(*ends, strict=True):
        assert_close(mine, its, 1e-4)


def exploding(k):
    start = k.initializers.Constant(30.0)
    model = k.Sequential([k.Input((FEATURES,)), k.layers.Dense(1, activation="exponential", kernel_initializer=start)])
    model.compile("sgd", "mse")
    return model


def test_weights_stay_finite_where_keras_has_nan(capsys):
    x = np.abs(X) + 1
    left = []
    for k in (minidl, keras):
        model = exploding(k)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            history = model.fit(x, x[:, :1], epochs=5, verbose=0, callbacks=[k.callbacks.TerminateOnNaN()])
        assert len(history.epoch) < 5
        assert not np.isfinite(history.history["loss"][-1])
        left.append(all(np.isfinite(np.asarray(value)).all() for value in model.get_weights()))
    assert left == [True, False]


def test_an_epoch_without_the_value_replaces_no_best_model_where_keras_saves_it(tmp_path):
    saved = []
    for k in (minidl, keras):
        ending = ".safetensors" if k is minidl else ".keras"
        callback = k.callbacks.ModelCheckpoint(str(tmp_path / f"best{ending}"), save_best_only=True)
        model = Watched()
        callback.set_model(model)
        for epoch, logs in enumerate([{"val_loss": 1.0}, {"loss": 9.0}, {"val_loss": 2.0}, {"val_loss": 0.5}]):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore" if k is keras else "error")
                callback.on_epoch_end(epoch, logs)
        saved.append(len(model.saved))
    assert saved == [2, 3]


def test_a_function_for_a_hook_that_does_not_exist_is_accepted_with_a_warning():
    assert keras.callbacks.LambdaCallback(on_epoch_ende=print).on_epoch_ende is print
    with pytest.warns(UserWarning, match="no hook 'on_epoch_ende', which is never called: did you mean 'on_epoch_end'"):
        assert minidl.callbacks.LambdaCallback(on_epoch_ende=print).on_epoch_ende is print


class Seen(minidl.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.weights = getattr(self, "weights", []) + [np.array(value) for value in self.model.get_weights()]


class SeenOfKeras(keras.callbacks.Callback):
    on_epoch_end = Seen.on_epoch_end


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_are_evaluated_and_kept_as_in_keras(swap_on_epoch):
    models, notes = twins(mlp(CLASSES, "softmax")), []
    for model, k in zip(models, (minidl, keras), strict=True):
        model.compile(k.optimizers.SGD(0.3, use_ema=True, ema_momentum=0.8), "sparse_categorical_crossentropy")

    def callbacks(k):
        notes.append(Seen() if k is minidl else SeenOfKeras())
        return [k.callbacks.SwapEMAWeights(swap_on_epoch), notes[-1]]

    fit_both(models, X, LABELS, callbacks, validation_split=0.3, epochs=4)  # the last weights too
    for mine, its in zip(*(note.weights for note in notes), strict=True):
        assert_close(mine, its, 1e-4)


def test_predict_restores_the_weights_where_keras_keeps_the_averages_in_the_model():
    same = []
    for k, model in zip((minidl, keras), twins(mlp(CLASSES, "softmax")), strict=True):
        model.compile(k.optimizers.SGD(0.3, use_ema=True), "sparse_categorical_crossentropy")
        model.train_on_batch(X[:10], LABELS[:10])
        model.train_on_batch(X[10:20], LABELS[10:20])
        before = [np.array(value) for value in model.get_weights()]
        callback = k.callbacks.SwapEMAWeights()
        plain = model.predict(X, verbose=0)
        averaged = model.predict(X, verbose=0, callbacks=[callback])
        assert not np.allclose(plain, averaged, rtol=1e-6)
        same.append(all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)))
    assert same == [True, False]


def small(k):
    model = k.Sequential([k.Input((1,)), k.layers.Dense(1, kernel_initializer="ones")])
    model.compile(k.optimizers.SGD(0.0), "mse", metrics=["mae"])
    return model


def test_an_evaluation_in_a_callback_leaves_the_epoch_s_means_where_keras_fails():
    x = np.arange(10.0).reshape(-1, 1)

    def loss_of(k):
        model = small(k)
        judge = k.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: model.evaluate(x[:1], 2 * x[:1], verbose=0))
        return model.fit(x, 2 * x, batch_size=3, shuffle=False, verbose=0, callbacks=[judge]).history["loss"]

    assert loss_of(minidl) == [pytest.approx(28.5)]
    with pytest.raises(TypeError, match="not callable"):
        loss_of(keras)


def test_nan_is_never_the_best_value_where_keras_keeps_that_of_the_first_epoch(tmp_path):
    kept = []
    for k, ending in ((minidl, ".safetensors"), (keras, ".keras")):
        model, values = small(k), [np.nan, 2.0, 1.0]
        checkpoint = k.callbacks.ModelCheckpoint(str(tmp_path / f"{{epoch}}{ending}"), save_best_only=True)
        checkpoint.set_model(model)
        for epoch, value in enumerate(values):
            checkpoint.on_epoch_begin(epoch)
            checkpoint.on_epoch_end(epoch, {"val_loss": value})
        kept.append(sorted(path.stem for path in tmp_path.glob(f"*{ending}")))
    assert kept == [["2", "3"], ["1"]]


def test_csv_files_have_columns_for_validation_only_if_there_is_one_where_keras_always_has(tmp_path):
    x, headers = np.ones((2, 1)), []
    for k in (minidl, keras):
        path = tmp_path / k.__name__
        small(k).fit(x, x, verbose=0, callbacks=[k.callbacks.CSVLogger(str(path))])
        headers.append(path.read_text().splitlines()[0])
    assert headers == ["epoch,loss,mae", "epoch,loss,mae,val_loss,val_mae"]


# The direction of a monitored value.

MONITORS = ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"]


def monitored(k, name, tmp_path, **options):
    extra = {}
    if name == "ModelCheckpoint":
        extra = {"filepath": tmp_path / "best.weights.h5", "save_weights_only": True, "save_best_only": True}
    return getattr(k.callbacks, name)(**extra, **options)


def judged_model(k):
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")])
    model.compile(k.optimizers.SGD(0.125), "bce", metrics=["acc", k.metrics.AUC(name="auc")], run_eagerly=True)
    return model


@pytest.mark.parametrize("name", MONITORS)
def test_an_unknown_name_needs_a_mode(name, tmp_path):
    messages = {keras: f"{name}.*val_nothing.*mode=", minidl: f"{name} monitors 'val_nothing', which the logs do not have"}
    for k in (keras, minidl):
        callback = monitored(k, name, tmp_path, monitor="val_nothing")
        with pytest.raises(ValueError, match=messages[k]):
            judged_model(k).fit(np.eye(2), np.arange(2.0), verbose=0, callbacks=[callback])


@pytest.mark.parametrize("name", MONITORS)
def test_an_unknown_mode_is_auto_with_a_warning(name, tmp_path):
    for k in (keras, minidl):
        with pytest.warns(UserWarning, match=f"{name}.*unknown"):
            assert monitored(k, name, tmp_path, mode="unknown").mode == "auto"


@pytest.mark.parametrize(
    "options", [{}, {"mode": "max"}, {"monitor": "acc"}, {"monitor": "val_auc"}, {"monitor": "acc", "mode": "min"}], ids=str
)
def test_monitor_op_is_the_comparison(options):
    data = np.eye(2), np.arange(2.0)
    found = []
    for k in (keras, minidl):
        callback = k.callbacks.EarlyStopping(**options)
        before = callback.monitor_op
        judged_model(k).fit(*data, verbose=0, callbacks=[callback], validation_data=data)
        found.append((before, callback.monitor_op is k.ops.less, callback.monitor_op is k.ops.greater))
    assert found[0] == found[1]
