"""A training that is killed at random moments and started again, in forked processes; the last one reports its results."""

import os
import pickle
import random
import signal
import time
import warnings

import numpy as np

from minidl import Input, Sequential, callbacks, layers, metrics, optimizers
from minidl.config.randomness import set_random_seed
from minidl.data.pipeline import Transforms
from minidl.utils import PyDataset

X = np.random.default_rng(0).normal(size=(46, 4)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] > 0).astype("float32")
ROWS, EPOCHS = 8, 5


class Reordered(PyDataset):
    """Batches that change themselves after each pass, and draw random numbers while they are read."""

    def __init__(self):
        super().__init__()
        self.random = np.random.default_rng(7)
        self.rows = np.arange(len(X))

    def __len__(self):
        return 5

    def __getitem__(self, index):
        rows = self.rows[ROWS * index : ROWS * (index + 1)]
        return X[rows] + self.random.normal(0, 0.1, (len(rows), 4)).astype("float32"), Y[rows]

    def on_epoch_end(self):
        self.random.shuffle(self.rows)

    def get_state(self):
        return {"random": self.random, "rows": self.rows}

    def set_state(self, state):
        self.random, self.rows = state["random"], state["rows"]


def endless():
    """A generator of batches: the script that starts again makes the same one."""
    drawn = np.random.default_rng(3)
    while True:
        rows = drawn.integers(len(X), size=ROWS)
        yield X[rows], Y[rows]


class Stream:
    """Batches whose number is not known beforehand."""

    def __iter__(self):
        return iter([(X[start : start + ROWS], Y[start : start + ROWS]) for start in range(0, 40, ROWS)])


class Transformed(Stream, Transforms):
    """The same, with methods such as `map` and `shuffle`."""


class Counter(callbacks.Callback):
    """A callback of one's own without `get_state`: its attributes are saved."""

    def __init__(self, patience=3):
        self.patience, self.seen, self.losses = patience, 0, []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = epoch
        if not self.model.optimizer.needs_full_batch and not callable(self.model.optimizer._learning_rate):
            self.model.optimizer.learning_rate *= 0.9

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        self.losses.append(logs["loss"])


class MeanOutput(metrics.Metric):
    """A metric of one's own that keeps plain attributes."""

    def __init__(self, name="mean_output", dtype=None):
        super().__init__(dtype, name)
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += float(np.sum(y_pred))
        self.count += len(y_pred)

    def result(self):
        return self.total / max(self.count, 1)

    def reset_state(self):
        self.total, self.count = 0.0, 0


RATES = ("constant", "schedule", "scheduler", "plateau", "own callback")
DATA = ("arrays", "shuffled arrays", "dataset", "generator", "stream", "pipeline")
OPTIMIZERS = ("Adam", "SGD", "RMSprop", "Adafactor", "ScheduleFreeAdamW", "Muon", "LBFGS")


def draw_options(number):
    """One of the combinations of what a training may use, the same for each number."""
    drawn = random.Random(number)
    options = {
        name: drawn.random() < 0.5 for name in ("dropout", "normalization", "ema", "accumulation", "early", "validation")
    }
    options |= {"rate": drawn.choice(RATES), "data": drawn.choice(DATA), "save_freq": drawn.choice((1, 1, 3, "epoch"))}
    options |= {"optimizer": drawn.choice(OPTIMIZERS), "steps": drawn.choice((None, None, 3)), "metrics": drawn.random() < 0.5}
    if options["optimizer"] == "LBFGS":
        options |= {"data": "arrays", "rate": "constant", "ema": False, "accumulation": False, "dropout": False, "steps": None}
    if options["data"] == "generator":
        options["steps"] = 4
    return options


def train(options, folder):
    """Run the script with these options; returns all that training changed."""
    set_random_seed(1)
    stack = [Input((4,)), layers.Dense(6, "tanh")]
    stack += [layers.Dropout(0.3)] * options["dropout"] + [layers.BatchNormalization()] * options["normalization"]
    model = Sequential([*stack, layers.Dense(1, "sigmoid")])
    settings = {"use_ema": True, "ema_momentum": 0.8} if options["ema"] else {}
    settings |= {"gradient_accumulation_steps": 3} if options["accumulation"] else {}
    if options["rate"] == "schedule":
        settings["learning_rate"] = optimizers.schedules.CosineDecay(0.05, 20)
    elif options["optimizer"] != "LBFGS":
        settings["learning_rate"] = 0.05
    judged = ["accuracy", metrics.AUC(num_thresholds=20), metrics.F1Score("macro"), MeanOutput()] if options["metrics"] else []
    model.compile(getattr(optimizers, options["optimizer"])(**settings), "binary_crossentropy", metrics=judged)
    value = "val_loss" if options["validation"] else "loss"
    listeners = [callbacks.BackupAndRestore(folder, options["save_freq"])]
    listeners += [callbacks.EarlyStopping(value, patience=1, restore_best_weights=True)] if options["early"] else []
    listeners += [callbacks.SwapEMAWeights(swap_on_epoch=True)] if options["ema"] else []
    listeners += [callbacks.ReduceLROnPlateau(value, patience=0, factor=0.5)] if options["rate"] == "plateau" else []
    if options["rate"] == "scheduler":
        listeners.append(callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5))
    if options["rate"] == "own callback":
        listeners.append(Counter())
    listeners.append(callbacks.CSVLogger(f"{folder}.csv"))
    data = {"arrays": (X, Y), "shuffled arrays": (X, Y), "dataset": (Reordered(),), "generator": (endless(),)}
    given = data.get(options["data"], (Stream(),))
    if options["data"] == "pipeline":
        elements = Transformed().unbatch().shuffle(9).cache().shuffle(5, seed=2)
        given = (elements.batch(ROWS),)
    fitting = {"epochs": EPOCHS, "verbose": 0, "steps_per_epoch": options["steps"], "callbacks": listeners}
    fitting |= {"validation_data": (X, Y)} if options["validation"] else {}
    fitting |= {"batch_size": len(X) if options["optimizer"] == "LBFGS" else ROWS} if len(given) == 2 else {}
    history = model.fit(*given, shuffle=options["data"] != "arrays", **fitting)
    with open(f"{folder}.csv", encoding="utf-8") as file:
        rows = file.read()
    state = [variable.numpy() for variable in [*model.weights, *model.optimizer.variables]]
    states = [c.get_state() for c in listeners if isinstance(c, (callbacks.EarlyStopping, Counter))]
    return {"weights": state, "history": history.history, "epoch": history.epoch, "csv": rows, "callbacks": states}


def run_in_child(options, folder, limit=None):
    """Train in a forked process that is killed after `limit` seconds of CPU time; its results, or `None` if it was killed."""
    path = f"{folder}.results"
    child = os.fork()
    if child == 0:
        try:
            warnings.filterwarnings("ignore", "the data ended")
            if limit is not None:
                signal.signal(signal.SIGVTALRM, signal.SIG_DFL)  # ends the process, at any instruction
                signal.setitimer(signal.ITIMER_VIRTUAL, limit)
            start = time.process_time()
            results = train(options, folder)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            with open(path, "wb") as file:
                pickle.dump(results | {"seconds": time.process_time() - start}, file)
            os._exit(0)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGVTALRM
        return None
    assert status == 0, f"the training failed with {options}"
    with open(path, "rb") as file:
        return pickle.load(file)


def compare_with_killed_runs(number, folder, kills):
    """Train without and with kills at random moments; returns the number of kills, and asserts that the results are equal."""
    options, drawn, killed = draw_options(number), random.Random(-number), 0
    whole = run_in_child(options, folder / "whole")
    found = None
    for _ in range(kills):
        found = run_in_child(options, folder / "killed", drawn.uniform(0.1, 0.9) * whole["seconds"])
        if found is not None:
            break
        killed += 1
    found = found or run_in_child(options, folder / "killed")
    for part in ("epoch", "history", "weights", "callbacks", "csv"):
        np.testing.assert_equal(found[part], whole[part], err_msg=f"{part} with {options}, after {killed} kills")
    return killed
