"""`BackupAndRestore`: an interrupted fit, run again, ends with exactly the same weights as an uninterrupted one."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, optimizers
from minidl.callbacks import BackupAndRestore, Callback, EarlyStopping, LearningRateScheduler, TensorBoard
from minidl.config.randomness import set_random_seed
from minidl.saving import ModelFileError
from minidl.utils import PyDataset
from tests.saving.test_hostile_files import joined, parts

X = np.random.default_rng(0).normal(size=(47, 4)).astype("float32")
Y = X[:, :1] - X[:, 1:2]
OPTIONS = {"epochs": 4, "batch_size": 10, "verbose": 0, "validation_split": 0.2}
BATCHES = 4  # an epoch


class Cut(Callback):
    def __init__(self, after):
        self.left = after

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:  # after `after` batches and the backup that the last one may have made
            raise KeyboardInterrupt


class Stream:
    """Batches whose number is not known beforehand."""

    def __iter__(self):
        return iter([(X[start : start + 10], Y[start : start + 10]) for start in range(0, 40, 10)])


def compiled(seed=1):
    set_random_seed(seed)
    model = Sequential(
        [Input((4,)), layers.Dense(6, "relu"), layers.Dropout(0.3), layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile(optimizers.Adam(0.01), "mse")
    return model


def by_epoch(epoch):
    return 0.01 * 0.5**epoch


def weights_of(model):
    return np.concatenate([np.ravel(value) for value in model.get_weights()])


@pytest.fixture(scope="module")
def whole():
    model = compiled()
    model.fit(X, Y, callbacks=[LearningRateScheduler(by_epoch)], **OPTIONS)
    return weights_of(model)


@pytest.mark.parametrize("save_freq", ["epoch", 1, 3, BATCHES])
@pytest.mark.parametrize("after", [2, BATCHES, BATCHES + 1, 2 * BATCHES - 1, 3 * BATCHES + 2])
def test_a_resumed_run_ends_like_an_uninterrupted_one_bit_for_bit(save_freq, after, whole, tmp_path):
    folder = tmp_path / "backup"
    others = [LearningRateScheduler(by_epoch)]
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, callbacks=[BackupAndRestore(folder, save_freq), *others, Cut(after)], **OPTIONS)
    again = compiled(seed=2 if folder.exists() else 1)  # all that matters comes from the copy
    history = again.fit(X, Y, callbacks=[BackupAndRestore(folder, save_freq), *others], **OPTIONS)
    assert history.epoch[-1] == 3
    assert not folder.exists()
    np.testing.assert_array_equal(weights_of(again), whole)


def test_it_may_be_interrupted_repeatedly(whole, tmp_path):
    model, others = compiled(), [LearningRateScheduler(by_epoch)]
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, callbacks=[BackupAndRestore(tmp_path, 1), *others, Cut(3)], **OPTIONS)
        model = compiled(seed=3)
    model.fit(X, Y, callbacks=[BackupAndRestore(tmp_path, 1), *others], **OPTIONS)
    np.testing.assert_array_equal(weights_of(model), whole)


def test_the_current_learning_rate_is_restored(tmp_path):
    model = compiled()
    model.fit(X, Y, callbacks=[BackupAndRestore(tmp_path, delete_checkpoint=False), LearningRateScheduler(by_epoch)], **OPTIONS)
    again = compiled()
    history = again.fit(X, Y, callbacks=[BackupAndRestore(tmp_path, delete_checkpoint=False)], **OPTIONS | {"epochs": 5})
    assert history.epoch == [0, 1, 2, 3, 4]
    assert again.optimizer.learning_rate == by_epoch(3)
    assert again.optimizer.iterations == 5 * BATCHES


def test_used_batches_are_skipped_also_if_their_number_is_unknown(tmp_path):
    ends = []
    for cut in (False, True):
        model = compiled()
        if cut:
            with pytest.raises(KeyboardInterrupt):
                model.fit(Stream(), epochs=3, verbose=0, callbacks=[BackupAndRestore(tmp_path, 1), Cut(6)])
            model = compiled(seed=2)
        model.fit(Stream(), epochs=3, verbose=0, callbacks=[BackupAndRestore(tmp_path, 1)] if cut else [])
        ends.append(weights_of(model))
    np.testing.assert_array_equal(*ends)


class OwnSlots(optimizers.Optimizer):
    """An optimizer of one's own whose slots are made by itself, if it has any."""

    def __init__(self, learning_rate=0.01, remembers=True):
        super().__init__(learning_rate)
        self.remembers, self.means = remembers, {}

    def slots(self, variable):
        if not self.remembers:
            return {}
        return {"mean": self.means.setdefault(variable, np.zeros(3))}

    def update_step(self, gradient, variable, learning_rate):
        for mean in self.slots(variable).values():
            mean[1] += gradient.mean()
            gradient = gradient + mean[1]
        variable.value -= learning_rate * gradient


def by_axes():
    """Adam for the kernels, momentum for the biases."""
    adam, momentum = optimizers.Adam(amsgrad=True), optimizers.SGD(0.02, momentum=0.9)
    return optimizers.MultiOptimizer(lambda variable: adam if len(variable.shape) > 1 else momentum)


def with_mean():
    """The same with an optimizer that has further state."""
    adam, free = optimizers.Adam(), optimizers.ScheduleFreeAdamW(warmup_steps=5)
    return optimizers.MultiOptimizer(lambda variable: free if len(variable.shape) > 1 else adam)


NOT_ALONE = ("Optimizer", "OptimizerMap", "MultiOptimizer")
RULES = [rule for name in optimizers.__all__ if isinstance(rule := getattr(optimizers, name), type) and name not in NOT_ALONE]
EXTRAS = {
    "plain": {},
    "ema": {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 3},
    "accumulation": {"gradient_accumulation_steps": 3},
    "all": {"use_ema": True, "gradient_accumulation_steps": 2, "global_clipnorm": 1.0, "weight_decay": 0.01},
}
OWN = {
    optimizers.Adam: [{"amsgrad": True}],
    optimizers.AdamW: [{"amsgrad": True}],
    optimizers.SGD: [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    optimizers.RMSprop: [{"momentum": 0.9, "centered": True}],
    optimizers.Adafactor: [{"relative_step": False}],
    optimizers.ScheduleFreeAdamW: [{"warmup_steps": 5}],
    optimizers.Muon: [{"nesterov": False, "exclude_layers": ["conv"]}],
    optimizers.LBFGS: [{"history_size": 2}],
}
CASES = [
    (rule, options)
    for rule in RULES
    for options in [*([{}] if rule is optimizers.LBFGS else EXTRAS.values()), *OWN.get(rule, [])]
] + [(OwnSlots, {}), (OwnSlots, {"remembers": False}), (by_axes, {}), (with_mean, {})]


def compiled_by(rule, options, seed=1):
    """Weights with one, two and three axes, of two float types, some of them frozen or excluded from weight decay."""
    set_random_seed(seed)
    stack = [
        Input((4,)),
        layers.Dense(6, "relu"),
        layers.Reshape((3, 2)),
        layers.Conv1D(3, 2),
        layers.RNN([layers.GRUCell(3), layers.SimpleRNNCell(4)]),
        layers.Dropout(0.0 if rule is optimizers.LBFGS else 0.3),
        layers.Dense(4, dtype="float64"),
        layers.BatchNormalization(),
        layers.Dense(1),
    ]
    model = Sequential(stack)
    model.layers[3].cell.cells[0].trainable = False
    model.compile(rule(**options), "mse")
    model.optimizer.exclude_from_weight_decay([model.layers[0].kernel, model.layers[3].cell.cells[1].kernel])
    return model


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(("rule", "options"), CASES)
def test_every_optimizer_resumes_bit_for_bit(rule, options, tmp_path):
    searches = rule is optimizers.LBFGS
    settings = {"epochs": 4, "batch_size": 47 if searches else 12, "verbose": 0}
    whole = compiled_by(rule, options)
    whole.fit(X, Y, **settings)
    for save_freq, cuts in ((1, [1, 2] if searches else [3, 2]), ("epoch", [3] if searches else [9])):
        folder, seed = tmp_path / str(save_freq), 1
        for cut in cuts:
            model = compiled_by(rule, options, seed)
            with pytest.raises(KeyboardInterrupt):
                model.fit(X, Y, callbacks=[BackupAndRestore(folder, save_freq), Cut(cut)], **settings)
            seed = 2  # all that matters comes from the copy
        again = compiled_by(rule, options, seed)
        assert folder.exists()
        again.fit(X, Y, callbacks=[BackupAndRestore(folder, save_freq)], **settings)
        for one, other in zip(again.weights, whole.weights, strict=True):
            np.testing.assert_array_equal(one.value, other.value, err_msg=one.path)
        assert again.optimizer.batches == whole.optimizer.batches
        assert again.optimizer.scalars == whole.optimizer.scalars


def test_a_backup_without_slots_that_the_optimizer_has_raises_an_error(tmp_path):
    model = compiled_by(OwnSlots, {"remembers": False})
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path, 1), Cut(1)])
    with pytest.raises(ValueError, match=r"with OwnSlots with no state, and .* compiled with OwnSlots with mean"):
        compiled_by(OwnSlots, {}).fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])


class CutBehindEpoch(Callback):
    def __init__(self, last):
        self.last = last

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.last:
            raise KeyboardInterrupt


class CutInValidation(Callback):
    def on_test_begin(self, logs=None):
        raise KeyboardInterrupt


class Numbered(PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[10 * index : 10 * index + 10], Y[10 * index : 10 * index + 10]


@pytest.mark.filterwarnings("ignore:the data ended:UserWarning")
@pytest.mark.parametrize("data", [(X[:40], Y[:40]), (Numbered(),), (Stream(),)], ids=["arrays", "numbered", "stream"])
@pytest.mark.parametrize("steps", [3, 4, 6])
@pytest.mark.parametrize("save_freq", ["epoch", 1, 2])
def test_epochs_may_begin_in_the_middle_of_a_pass(save_freq, steps, data, tmp_path):
    options = {"epochs": 5, "steps_per_epoch": steps, "verbose": 0} | ({"batch_size": 10} if len(data) == 2 else {})
    for number, cut in enumerate((Cut(2 * steps + 2), Cut(3 * steps), CutBehindEpoch(1))):
        model, folder = compiled(), tmp_path / str(number)
        model.fit(*data, **options)
        with pytest.raises(KeyboardInterrupt):
            compiled().fit(*data, callbacks=[BackupAndRestore(folder, save_freq), cut], **options)
        again = compiled(seed=2)
        again.fit(*data, callbacks=[BackupAndRestore(folder, save_freq)], **options)
        np.testing.assert_array_equal(weights_of(again), weights_of(model))


@pytest.mark.parametrize("cut", [Cut(2 * BATCHES), CutInValidation()], ids=["last batch", "validation"])
def test_a_stream_interrupted_after_the_last_batch_of_an_epoch_continues_with_the_next(cut, tmp_path):
    options = {"epochs": 3, "verbose": 0, "validation_data": (X, Y)}
    model = compiled()
    model.fit(Stream(), **options)
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(Stream(), callbacks=[BackupAndRestore(tmp_path, 1), cut], **options)
    again = compiled(seed=2)
    again.fit(Stream(), callbacks=[BackupAndRestore(tmp_path, 1)], **options)
    np.testing.assert_array_equal(weights_of(again), weights_of(model))


def test_other_batches_in_the_middle_of_an_epoch_raise_an_error_before_anything_changes(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, 1), Cut(3)], **OPTIONS)
    other = compiled(seed=2)
    before = weights_of(other)
    with pytest.raises(ValueError, match="in the middle of 4 batches of data, 4 per epoch, and now there are 2, 2 per epoch"):
        other.fit(X, Y, callbacks=[BackupAndRestore(tmp_path)], **OPTIONS | {"batch_size": 20})
    np.testing.assert_array_equal(weights_of(other), before)


def test_a_stream_that_became_shorter_is_named(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(Stream(), verbose=0, callbacks=[BackupAndRestore(tmp_path, 1), Cut(3)])
    with pytest.raises(ValueError, match="the interrupted run used 3 batches of the data, which gives only 1 now"):
        compiled().fit(iter([(X, Y)]), verbose=0, callbacks=[BackupAndRestore(tmp_path, 1)])


@pytest.mark.parametrize(
    ("optimizer", "match"),
    [
        (
            optimizers.RMSprop(0.5),
            r"with Adam with momentum, velocity, and .* compiled with RMSprop with velocity",
        ),
        (optimizers.Lamb(), "is compiled with Lamb"),
        (
            optimizers.Adam(amsgrad=True),
            "compiled with Adam with momentum, velocity, velocity_hat; compile it with the same",
        ),
    ],
    ids=["rmsprop", "lamb", "amsgrad"],
)
def test_a_backup_of_another_optimizer_raises_an_error_before_anything_changes(optimizer, match, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, 1), Cut(2)], **OPTIONS)
    other = compiled(seed=2)
    other.compile(optimizer, "mse")
    before = weights_of(other)
    with pytest.raises(ValueError, match=match):
        other.fit(X, Y, callbacks=[BackupAndRestore(tmp_path)], **OPTIONS)
    np.testing.assert_array_equal(weights_of(other), before)


def test_a_damaged_backup_raises_an_error_or_is_replaced_by_the_previous_one(tmp_path):
    for double in (False, True):
        folder = tmp_path / str(double)
        callback = BackupAndRestore(folder, double_checkpoint=double, delete_checkpoint=False)
        compiled().fit(X, Y, callbacks=[callback], **OPTIONS)
        (folder / "latest.safetensors").write_bytes(b"nonsense")
        if double:
            assert compiled().fit(X, Y, callbacks=[callback], **OPTIONS).epoch == [0, 1, 2, 3]
        else:
            with pytest.raises(ValueError, match="is damaged"):
                compiled().fit(X, Y, callbacks=[callback], **OPTIONS)


def pairs(packed):
    """The items of a dict in the description of a backup."""
    return packed["value"] if isinstance(packed, dict) else packed


def forge(folder, key, change):
    """Write a backup again, without a checksum: `change` gets the item of its progress with this key."""
    path = folder / "latest.safetensors"
    header, head, data = parts(path.read_bytes())
    item = next(item for item in pairs(head["progress"]) if item[0] == key)
    item[1] = change(item[1])
    path.write_bytes(joined(header, head, data))


def with_state(kind, name, value):
    def change(callbacks):
        for callback in callbacks:
            items = dict(pairs(callback))
            if items["class_name"] == kind:
                pairs(items["state"]).append([name, value])
        return callbacks

    return change


class Counting(Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.last = batch


FORGED = {
    "a method": ("callbacks", with_state("Counting", "on_epoch_end", 3), "cannot set on_epoch_end of Counting"),
    "the class": ("callbacks", with_state("Counting", "__class__", "x"), "cannot set __class__ of Counting"),
    "another path": ("callbacks", with_state("TensorBoard", "log_dir", "/tmp/x"), "cannot set log_dir of TensorBoard"),
    "a text for a number": ("callbacks", with_state("EarlyStopping", "wait", "x"), "wait of EarlyStopping is x"),
    "the history": ("callbacks", with_state("History", "history", []), "history of History is"),
    "no list of callbacks": ("callbacks", lambda callbacks: 3, "cannot be loaded"),
    "no metrics": ("metrics", lambda metrics: "x", "cannot be loaded"),
    "epochs": ("epoch", lambda epoch: "1", "does not say where training was"),
    "a negative place": ("place", lambda place: -1, "does not say where training was"),
    "logs": ("logs", lambda logs: [], "does not say where training was"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_backup_whose_description_was_changed_raises_one_error_and_the_weights_stay(kind, tmp_path):
    def fit(model, *further):
        used = [EarlyStopping("loss"), Counting(), *([TensorBoard(tmp_path / "logs")] if kind == "another path" else [])]
        return model.fit(X, Y, callbacks=[*used, *further], **OPTIONS)

    backup = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        fit(compiled(), BackupAndRestore(backup, save_freq=1), Cut(2))
    key, change, message = FORGED[kind]
    forge(backup, key, change)
    model = compiled()
    before = weights_of(model)
    with pytest.raises(ModelFileError, match=message):
        fit(model, BackupAndRestore(backup, save_freq=1))
    np.testing.assert_array_equal(weights_of(model), before)


def test_a_backup_of_another_model_raises_an_error(tmp_path):
    compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, delete_checkpoint=False)], **OPTIONS)
    other = Sequential([Input((4,)), layers.Dense(1)])
    other.compile("adam", "mse")
    before = weights_of(other)
    with pytest.raises(ValueError, match="does not hold a training state of Sequential"):
        other.fit(X, Y, callbacks=[BackupAndRestore(tmp_path)], **OPTIONS)
    np.testing.assert_array_equal(weights_of(other), before)


def test_other_files_in_the_folder_are_kept(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    compiled().fit(X, Y, callbacks=[BackupAndRestore(tmp_path, double_checkpoint=True)], **OPTIONS)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_bad_arguments_raise_an_error():
    with pytest.raises(ValueError, match="backup_dir to be a folder, got an empty name"):
        BackupAndRestore("")
    with pytest.raises(ValueError, match='BackupAndRestore expects save_freq to be "epoch" or a number of batches, got False'):
        BackupAndRestore("backup", save_freq=False)
